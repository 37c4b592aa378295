package broker

import "testing"

// What is not settled gives its permit back; the budget is spent when so many are settled.
func TestBudget(t *testing.T) {
	budget := NewBudget(2)
	<-budget.Permits()
	<-budget.Permits()
	budget.Return(false)
	<-budget.Permits()
	budget.Return(true)
	select {
	case <-budget.Spent():
		t.Fatal("spent after one of two")
	case <-budget.Permits():
		t.Fatal("a third message may be begun")
	default:
	}
	budget.Return(true)
	<-budget.Spent()
}

// Without a bound there is always a permit.
func TestNoBound(t *testing.T) {
	budget := NewBudget(0)
	for range 3 {
		<-budget.Permits()
		budget.Return(true)
	}
}
