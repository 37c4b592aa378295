package message

import (
	"errors"
	"testing"
)

// What is no package is an error of its shape, whatever Go's decoder would make of it.
func TestWhatIsNoPackage(t *testing.T) {
	for _, body := range []string{"", "null", "[]", "{}", `{"texts":null}`, `{"texts":{}}`, `{"texts":[null]}`,
		`{"texts":[1]}`, `{"Texts":["a"]}`, `{"texts":["a"]} x`, "{\"texts\":[\"\xff\"]}"} {
		if texts, err := ReadPackage([]byte(body)); !errors.Is(err, ErrShape) {
			t.Errorf("%q: %v, %v", body, texts, err)
		}
	}
}

// Texts are passed on as they came, escapes and all.
func TestTextsStayAsTheyCame(t *testing.T) {
	texts, err := ReadPackage([]byte(`{"texts": ["a\/b", "\u00e9\ud800", "<&>"]}`))
	if err != nil {
		t.Fatal(err)
	}
	got := string(Write(Result{Texts: texts}))
	if want := `{"texts":["a\/b","\u00e9\ud800","<&>"]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A step out of its package, or without a result, is no step.
func TestWhatIsNoStep(t *testing.T) {
	for _, body := range []string{`{"texts":["a"],"index":1,"result":{"texts":[]}}`,
		`{"texts":["a"],"index":-1,"result":{"texts":[]}}`, `{"texts":["a"],"index":null,"result":{"texts":[]}}`,
		`{"texts":["a"],"index":0,"result":[]}`, `{"texts":["a"],"index":0}`} {
		if step, err := ReadStep([]byte(body)); !errors.Is(err, ErrShape) {
			t.Errorf("%s: %v, %v", body, step, err)
		}
	}
}

// The length of PHP's form counts octets, and what it does not fit is refused.
func TestSerialize(t *testing.T) {
	body := Serialize([]byte(`{"é":";"}`))
	if string(body) != `s:10:"{"é":";"}";` {
		t.Errorf("got %s", body)
	}
	if text, err := Unserialize(body); err != nil || string(text) != `{"é":";"}` {
		t.Errorf("got %s, %v", text, err)
	}
	if _, err := Unserialize([]byte(`s:9:"{"é":";"}";`)); err == nil {
		t.Error("a wrong length was taken")
	}
}
