// Package faults has the defects of the faulty variants, one each, apart from the correct code. Each replaces a step of
// an instance by what is written in its place in programs of the field.
package faults

import (
	"fmt"

	"warren/consumer/internal/instance"
)

// Defect is one defect, and the design that it is about.
type Defect struct {
	Design     string
	apply      func(*instance.Instance)
	Sequential bool // one message after the other, which is no defect: nothing is claimed of concurrency
}

// Known has all defects by their names.
var Known = map[string]Defect{
	"ack-multiple":             {Design: "blocking", apply: ackMultiple},
	"nack-multiple":            {Design: "blocking", apply: nackMultiple},
	"ack-on-current-channel":   {Design: "blocking", apply: ackOnCurrentChannel},
	"ack-after-error":          {Design: "blocking", apply: ackAfterError},
	"duplicate-not-acked":      {Design: "blocking", apply: duplicateNotAcked},
	"requeue-at-once":          {Design: "blocking", apply: requeueAtOnce},
	"reject-without-copy":      {Design: "blocking", apply: rejectWithoutCopy},
	"slot-kept-on-lost-ack":    {Design: "blocking", apply: slotKeptOnLostAck},
	"retry-unconfirmed":        {Design: "blocking", apply: retryUnconfirmed},
	"retry-without-id":         {Design: "blocking", apply: retryWithoutID},
	"parked-nowhere":           {Design: "blocking", apply: parkedNowhere},
	"parked-not-durable":       {Design: "blocking", apply: parkedNotDurable},
	"qos-once":                 {Design: "blocking", apply: qosOnce},
	"topology-once":            {Design: "blocking", apply: topologyOnce},
	"connection-watched-only":  {Design: "blocking", apply: connectionWatchedOnly, Sequential: true},
	"cancel-not-watched":       {Design: "blocking", apply: cancelNotWatched, Sequential: true},
	"consumer-more-per-loss":   {Design: "blocking", apply: consumerMorePerLoss},
	"attempts-never-reset":     {Design: "blocking", apply: attemptsNeverReset},
	"backoff-never-reset":      {Design: "blocking", apply: backoffNeverReset},
	"dial-ignores-stop":        {Design: "blocking", apply: dialIgnoresStop},
	"handshake-no-deadline":    {Design: "blocking", apply: handshakeNoDeadline},
	"setup-time-fatal":         {Design: "blocking", apply: setupTimeFatal},
	"exclusive-fatal":          {Design: "blocking", apply: exclusiveFatal},
	"library-recovery":         {Design: "blocking", apply: libraryRecovery, Sequential: true},
	"blocked-fatal":            {Design: "blocking", apply: blockedFatal},
	"tls-chain-only":           {Design: "blocking", apply: tlsChainOnly},
	"stop-works-off-buffer":    {Design: "blocking", apply: stopWorksOffBuffer, Sequential: true},
	"stop-ends-transaction":    {Design: "blocking", apply: stopEndsTransaction},
	"content-type-wanted":      {Design: "blocking", apply: contentTypeWanted},
	"header-asserted":          {Design: "blocking", apply: headerAsserted},
	"zero-value-json":          {Design: "blocking", apply: zeroValueJSON},
	"two-transactions":         {Design: "blocking", apply: twoTransactions},
	"commit-error-dropped":     {Design: "blocking", apply: commitErrorDropped},
	"ack-before-commit":        {Design: "blocking", apply: ackBeforeCommit},
	"key-read-first":           {Design: "blocking", apply: keyReadFirst},
	"key-in-memory":            {Design: "blocking", apply: keyInMemory},
	"key-of-body":              {Design: "blocking", apply: keyOfBody},
	"key-if-redelivered":       {Design: "blocking", apply: keyIfRedelivered},
	"rows-not-closed":          {Design: "blocking", apply: rowsNotClosed},
	"transaction-around-work":  {Design: "blocking", apply: transactionAroundWork},
	"no-statement-time":        {Design: "blocking", apply: noStatementTime},
	"confirm-awaited-late":     {Design: "parts", apply: confirmAwaitedLate},
	"confirm-result-dropped":   {Design: "parts", apply: confirmResultDropped},
	"confirm-time-passes":      {Design: "task", apply: confirmTimePasses},
	"confirm-of-last-only":     {Design: "parts", apply: confirmOfLastOnly},
	"confirm-not-set-again":    {Design: "parts", apply: confirmNotSetAgain},
	"confirm-stale":            {Design: "task", apply: confirmStale},
	"confirm-of-another":       {Design: "task", apply: confirmOfAnother},
	"returns-dropped":          {Design: "parts", apply: returnsDropped},
	"publisher-never-reopened": {Design: "parts", apply: publisherNeverReopened},
	"step-transient":           {Design: "pipeline", apply: stepTransient},
	"split-marked-first":       {Design: "parts", apply: splitMarkedFirst},
	"split-ids-random":         {Design: "parts", apply: splitIDsRandom},
	"step-done-is-acked":       {Design: "pipeline", apply: stepDoneIsAcked},
	"step-before-commit":       {Design: "pipeline", apply: stepBeforeCommit},
	"order-unlocked":           {Design: "parts", apply: orderUnlocked},
	"task-sent-aside":          {Design: "task", apply: taskSentAside},
	"task-before-commit":       {Design: "task", apply: taskBeforeCommit},
	"reply-before-commit":      {Design: "rpc", apply: replyBeforeCommit},
	"reply-queue-checked":      {Design: "rpc", apply: replyQueueChecked},
	"reply-uncorrelated":       {Design: "rpc", apply: replyUncorrelated},
	"reply-unbuffered":         {Design: "rpc", apply: replyUnbuffered},
	"reply-queue-once":         {Design: "rpc", apply: replyQueueOnce},
	"calls-one-by-one":         {Design: "rpc", apply: callsOneByOne},
	"request-acked-first":      {Design: "rpc", apply: requestAckedFirst},
}

// Apply gives an instance the defect of that name; none for "".
func Apply(name string, i *instance.Instance) error {
	if name == "" {
		return nil
	}
	defect, found := Known[name]
	if !found {
		return fmt.Errorf("no defect %q", name)
	}
	defect.apply(i)
	return nil
}
