package broker

import "sync"

// Budget bounds how many messages are settled. Nothing is begun that could exceed it.
type Budget struct {
	mutex   sync.Mutex
	left    int // not settled yet
	permits chan struct{}
	spent   chan struct{}
}

// NewBudget makes a budget of n messages; 0 is no bound.
func NewBudget(n int) *Budget {
	budget := &Budget{left: n, permits: make(chan struct{}, n), spent: make(chan struct{})}
	for range n {
		budget.permits <- struct{}{}
	}
	if n == 0 {
		budget.permits = make(chan struct{})
		close(budget.permits)
	}
	return budget
}

// Permits gives one for each message that may be begun.
func (b *Budget) Permits() <-chan struct{} { return b.permits }

// Spent is closed when all messages are settled.
func (b *Budget) Spent() <-chan struct{} { return b.spent }

// Return ends the use of a permit.
func (b *Budget) Return(settled bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	switch {
	case b.left == 0: // no bound
	case !settled:
		b.permits <- struct{}{}
	default:
		if b.left--; b.left == 0 {
			b.left = -1
			close(b.spent)
		}
	}
}
