// Package faults has the defects of the faulty variants, one each, apart from the correct code. Each replaces a step of
// an instance by what is written in its place in programs of the field.
package faults

import (
	"fmt"

	"warren/consumer/internal/instance"
)

var known = map[string]func(*instance.Instance){
	"ack-multiple":             ackMultiple,
	"nack-multiple":            nackMultiple,
	"ack-on-current-channel":   ackOnCurrentChannel,
	"ack-after-error":          ackAfterError,
	"duplicate-not-acked":      duplicateNotAcked,
	"requeue-at-once":          requeueAtOnce,
	"reject-without-copy":      rejectWithoutCopy,
	"slot-kept-on-lost-ack":    slotKeptOnLostAck,
	"retry-unconfirmed":        retryUnconfirmed,
	"retry-without-id":         retryWithoutID,
	"parked-nowhere":           parkedNowhere,
	"parked-not-durable":       parkedNotDurable,
	"qos-once":                 qosOnce,
	"topology-once":            topologyOnce,
	"connection-watched-only":  connectionWatchedOnly,
	"cancel-not-watched":       cancelNotWatched,
	"consumer-more-per-loss":   consumerMorePerLoss,
	"attempts-never-reset":     attemptsNeverReset,
	"backoff-never-reset":      backoffNeverReset,
	"dial-ignores-stop":        dialIgnoresStop,
	"handshake-no-deadline":    handshakeNoDeadline,
	"setup-time-fatal":         setupTimeFatal,
	"exclusive-fatal":          exclusiveFatal,
	"library-recovery":         libraryRecovery,
	"blocked-fatal":            blockedFatal,
	"tls-chain-only":           tlsChainOnly,
	"stop-works-off-buffer":    stopWorksOffBuffer,
	"stop-ends-transaction":    stopEndsTransaction,
	"content-type-wanted":      contentTypeWanted,
	"header-asserted":          headerAsserted,
	"zero-value-json":          zeroValueJSON,
	"two-transactions":         twoTransactions,
	"commit-error-dropped":     commitErrorDropped,
	"ack-before-commit":        ackBeforeCommit,
	"key-read-first":           keyReadFirst,
	"key-in-memory":            keyInMemory,
	"key-of-body":              keyOfBody,
	"key-if-redelivered":       keyIfRedelivered,
	"rows-not-closed":          rowsNotClosed,
	"transaction-around-work":  transactionAroundWork,
	"no-statement-time":        noStatementTime,
	"confirm-awaited-late":     confirmAwaitedLate,
	"confirm-result-dropped":   confirmResultDropped,
	"confirm-time-passes":      confirmTimePasses,
	"confirm-of-last-only":     confirmOfLastOnly,
	"confirm-not-set-again":    confirmNotSetAgain,
	"confirm-stale":            confirmStale,
	"confirm-of-another":       confirmOfAnother,
	"returns-dropped":          returnsDropped,
	"publisher-never-reopened": publisherNeverReopened,
	"step-transient":           stepTransient,
	"split-marked-first":       splitMarkedFirst,
	"split-ids-random":         splitIDsRandom,
	"step-done-is-acked":       stepDoneIsAcked,
	"step-before-commit":       stepBeforeCommit,
	"order-unlocked":           orderUnlocked,
	"task-before-commit":       taskBeforeCommit,
	"reply-before-commit":      replyBeforeCommit,
	"reply-queue-checked":      replyQueueChecked,
	"reply-uncorrelated":       replyUncorrelated,
	"reply-unbuffered":         replyUnbuffered,
	"reply-queue-once":         replyQueueOnce,
	"calls-one-by-one":         callsOneByOne,
	"request-acked-first":      requestAckedFirst,
}

// Apply gives an instance the defect of that name; none for "".
func Apply(name string, i *instance.Instance) error {
	if name == "" {
		return nil
	}
	defect, found := known[name]
	if !found {
		return fmt.Errorf("no defect %q", name)
	}
	defect(i)
	return nil
}
