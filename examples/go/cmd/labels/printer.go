package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"example.com/labels"
)

// ErrNoParcel says that a body will never be a parcel.
var ErrNoParcel = errors.New("no parcel")

var carriers = map[string]string{"DE": "yellow", "FR": "blue", "US": "brown"}

// lineTime is what the printer takes for a line.
const lineTime = 100 * time.Millisecond

// Printer writes labels into a directory.
type Printer struct {
	Directory string
}

type label struct {
	ID      string   `json:"id"`
	Carrier string   `json:"carrier"`
	Lines   []string `json:"lines"`
}

// Print writes the label of a parcel. The file is there whole or not at all, and a second time it is the same.
func (p Printer) Print(body []byte) error {
	var parcel labels.Parcel
	if err := json.Unmarshal(body, &parcel); err != nil {
		return fmt.Errorf("%w: %w", ErrNoParcel, err)
	}
	if parcel.ID == "" || strings.ContainsRune(parcel.ID, '/') {
		return fmt.Errorf("%w: its id is %q", ErrNoParcel, parcel.ID)
	}
	carrier, known := carriers[parcel.Country]
	if !known {
		return fmt.Errorf("parcel %s: no carrier goes to %q", parcel.ID, parcel.Country)
	}
	time.Sleep(time.Duration(len(parcel.Lines)) * lineTime)
	text, err := json.Marshal(label{parcel.ID, carrier, parcel.Lines})
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(p.Directory, parcel.ID+".json"), text)
}

// writeFile lets nobody see half of a file, not even after a crash of the machine.
func writeFile(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".label-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
