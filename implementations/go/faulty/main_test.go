package main

import (
	"os"
	"path/filepath"
	"testing"

	"warren/consumer/internal/faults"
)

// Each defect has its manifest, as go run ./faulty writes it, and there is no other.
func TestManifestsAreWritten(t *testing.T) {
	correct, err := os.ReadFile("../implementation.toml")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.toml")
	if err != nil || len(files) != len(faults.Known) {
		t.Errorf("%d manifests of %d defects, %v", len(files), len(faults.Known), err)
	}
	for name, defect := range faults.Known {
		want, err := manifest(string(correct), name, defect)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(name + ".toml"); err != nil || string(got) != want {
			t.Errorf("%s.toml is not what go run ./faulty writes, %v", name, err)
		}
	}
}
