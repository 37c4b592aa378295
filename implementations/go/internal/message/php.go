package message

import (
	"bytes"
	"fmt"
	"strconv"
)

// Serialize writes a string as PHP's serialize() does; the length counts octets, and nothing is escaped.
func Serialize(text []byte) []byte {
	return fmt.Appendf(nil, "s:%d:\"%s\";", len(text), text)
}

// Unserialize reads such a string.
func Unserialize(body []byte) ([]byte, error) {
	head, rest, found := bytes.Cut(bytes.TrimPrefix(body, []byte("s:")), []byte(":"))
	length, err := strconv.Atoi(string(head))
	if !found || err != nil || len(rest) != length+3 || rest[0] != '"' || string(rest[length+1:]) != "\";" {
		return nil, shape("no serialized string")
	}
	return rest[1 : length+1], nil
}
