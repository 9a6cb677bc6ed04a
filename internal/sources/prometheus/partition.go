package prometheus

import (
	"encoding/json"

	"collector/internal/timeline"
)

// partBudget is how much of an answer goes into one record, in bytes of JSON.
const partBudget = 180 << 10

// partition groups items so that each group's JSON stays within the budget. An
// item over the budget is a group of its own. There is always one group.
func partition[T any](items []T) ([][]T, error) {
	groups := [][]T{nil}
	size := 0
	for _, item := range items {
		text, err := json.Marshal(item)
		if err != nil {
			return nil, err
		}
		last := len(groups) - 1
		if size+len(text) > partBudget && len(groups[last]) > 0 {
			groups, size = append(groups, nil), 0
			last++
		}
		groups[last] = append(groups[last], item)
		size += len(text) + 1
	}
	return groups, nil
}

// seal makes the records of an answer that is a list, in parts if it is big. The
// question is made anew for each part.
func seal[T any](a *asker, q asked, question func(asked) any, items []T, answer func([]T) any) ([]timeline.Evidence, error) {
	groups, err := partition(items)
	if err != nil {
		return nil, err
	}
	records := make([]timeline.Evidence, 0, len(groups))
	for i, group := range groups {
		if len(groups) > 1 {
			q.Part, q.Parts = i+1, len(groups)
		}
		e, err := a.answer(q, question(q), answer(group))
		if err != nil {
			return nil, err
		}
		records = append(records, e)
	}
	return records, nil
}
