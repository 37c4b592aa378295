// Command faulty writes the manifest of each faulty variant: the design that it is about, with the claims of the
// correct consumer. It runs in the folder of implementation.toml: go run ./faulty.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"warren/consumer/internal/faults"
)

const head = `# Written by go run ./faulty.
protocol = 1
name = "go-%s"
language = "Go, amqp091-go"
directory = ".."
migrate = ["./consumer", "migrate"]

`

func main() {
	correct, err := os.ReadFile("implementation.toml")
	if err != nil {
		log.Fatal(err)
	}
	for name, defect := range faults.Known {
		text, err := manifest(string(correct), name, defect)
		if err == nil {
			err = os.WriteFile(filepath.Join("faulty", name+".toml"), []byte(text), 0o644)
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}

func manifest(correct, name string, defect faults.Defect) (string, error) {
	section, err := design(correct, defect.Design)
	if err != nil {
		return "", err
	}
	section = strings.ReplaceAll(section, `["./consumer", `, fmt.Sprintf(`["./consumer", "--defect", "%s", `, name))
	if defect.Sequential {
		section = strings.ReplaceAll(section, ` "keeps-concurrency",`, "")
	}
	return fmt.Sprintf(head, name) + section, nil
}

// design gives what a manifest says of one design.
func design(manifest, name string) (string, error) {
	_, rest, found := strings.Cut(manifest, "[designs."+name+"]\n")
	if !found {
		return "", fmt.Errorf("implementation.toml has no design %q", name)
	}
	section, _, _ := strings.Cut(rest, "\n\n")
	return "[designs." + name + "]\n" + strings.TrimRight(section, "\n") + "\n", nil
}
