package facts

// Unread says from when on a part of the ticks could not be read, and why.
type Unread struct {
	Part   string `json:"part"`
	Number uint16 `json:"error_number,omitempty"` // the server's
	Reason string `json:"reason"`                 // without anything that the server quoted
}
