// Package message reads and writes the bodies of the contract. Texts stay as the JSON they came in.
package message

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// ErrShape is the error of a body that is no message.
var ErrShape = errors.New("not a message")

// Text is a JSON string, as it was sent.
type Text = json.RawMessage

// Part is one text of a package; the last one has the source body.
type Part struct {
	Text          Text    `json:"text"`
	SourceMessage *string `json:"sourceMessage"`
}

// Result is what a pipeline has worked on.
type Result struct {
	Texts []Text `json:"texts"`
}

// Step is one step of a pipeline.
type Step struct {
	Texts  []Text `json:"texts"`
	Index  int    `json:"index"`
	Result Result `json:"result"`
}

// ReadPackage gives the texts of a package.
func ReadPackage(body []byte) ([]Text, error) {
	fields, err := object(body)
	if err != nil {
		return nil, err
	}
	return texts(fields["texts"])
}

// ReadPart gives the part that the body is.
func ReadPart(body []byte) (Part, error) {
	fields, err := object(body)
	if err != nil {
		return Part{}, err
	}
	source, there := fields["sourceMessage"]
	if !there || !isString(fields["text"]) {
		return Part{}, shape("part without text or sourceMessage")
	}
	part := Part{Text: fields["text"]}
	if string(source) == "null" {
		return part, nil
	}
	if !isString(source) {
		return Part{}, shape("sourceMessage is no string")
	}
	return part, json.Unmarshal(source, &part.SourceMessage)
}

// ReadStep gives the step that the body is.
func ReadStep(body []byte) (Step, error) {
	fields, err := object(body)
	if err != nil {
		return Step{}, err
	}
	var step Step
	if step.Texts, err = texts(fields["texts"]); err != nil {
		return Step{}, err
	}
	if step.Index, err = integer(fields["index"]); err != nil {
		return Step{}, err
	}
	result, err := object(fields["result"])
	if err != nil {
		return Step{}, err
	}
	if step.Result.Texts, err = texts(result["texts"]); err != nil {
		return Step{}, err
	}
	if step.Index < 0 || step.Index >= len(step.Texts) {
		return Step{}, shape("index out of range")
	}
	return step, nil
}

// ReadTask gives the id of a task.
func ReadTask(body []byte) (int, error) {
	fields, err := object(body)
	if err != nil {
		return 0, err
	}
	return integer(fields["taskId"])
}

// Write gives the JSON of a value, without the escapes that Go adds for HTML.
func Write(value any) []byte {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // our own types always have a JSON form
	}
	return bytes.TrimRight(buffer.Bytes(), "\n")
}

func object(body []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(body) {
		return nil, shape("not UTF-8")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrShape, err)
	}
	return fields, nil
}

func texts(raw json.RawMessage) ([]Text, error) {
	if len(raw) == 0 || raw[0] != '[' {
		return nil, shape("texts is no list")
	}
	list := []Text{}
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrShape, err)
	}
	for _, text := range list {
		if !isString(text) {
			return nil, shape("a text is no string")
		}
	}
	return list, nil
}

func integer(raw json.RawMessage) (int, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return 0, shape("no integer")
	}
	var value int
	if err := json.Unmarshal(raw, &value); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrShape, err)
	}
	return value, nil
}

func isString(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '"' }

func shape(why string) error { return fmt.Errorf("%w: %s", ErrShape, why) }
