// Package labels holds what the shop and its label printer agree on.
package labels

// Exchange is the topic exchange of everything that happens in the shop; a packed parcel is a parcel.packed.
const (
	Exchange  = "shop"
	PackedKey = "parcel.packed"
)

// Parcel is the body of a parcel.packed.
type Parcel struct {
	ID      string   `json:"id"`
	Country string   `json:"country"`
	Lines   []string `json:"lines"`
}
