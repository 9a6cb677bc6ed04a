package report

// MarkdownOf and PageOf render one document alone, for tests that stand outside because
// their incident does.

func MarkdownOf(d Draft, name string) (string, error) { return markdown(d.normal(), name) }

func PageOf(d Draft, name, text string) ([]byte, error) {
	d = d.normal()
	charts, err := drawCharts(d)
	if err != nil {
		return nil, err
	}
	return htmlPage(d, Document{name, text}, charts, nil)
}
