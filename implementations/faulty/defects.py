"""Every defect by its name: which piece of the hardened reference it replaces.

Some are no defects (`HOLDS` in `tests/conformance/breaks.py`): a hasty judge takes them for one, and must not.
"""

from collections.abc import Mapping

from implementations.faulty import (
    commits,
    concurrency,
    connecting,
    consuming,
    copies,
    declaring,
    effects,
    in_hand,
    inputs,
    outages,
    packages,
    poison,
    publishing,
    rpc,
    settling,
    several,
    steps,
    tasks,
)
from reference_impl.hardened import Pieces
from reference_impl.hardened.parts import PartsStream
from reference_impl.hardened.pipeline import PipelineStream

_BLOCKING = ("blocking", "stream")
_SPLITTER = ("parts", "stream")
_SERVER = ("rpc", "rpc-server")
_TASK = ("task", "task")

DEFECTS: Mapping[str, Pieces] = {
    "accepts-unconfirmed": Pieces(publisher=tasks.AcceptsUnconfirmed),
    "accepts-unpublished": Pieces(
        link=connecting.LeavesCallersAlone, publisher=tasks.PassesForPublished
    ),
    "acks-all-in-hand": Pieces(settlement=in_hand.AcksAllInHand),
    "acks-before-commit": Pieces(
        handlers={_BLOCKING: commits.AcksBeforeCommit}, settlement=settling.SettlesNothing
    ),
    "acks-before-effect": Pieces(handlers={_BLOCKING: effects.AcksBeforeEffect}),
    "acks-before-first-step": Pieces(
        handlers={("pipeline", "stream"): lambda tools: packages.AcksFirst(PipelineStream(tools))}
    ),
    "acks-before-next-step": Pieces(
        handlers={("pipeline", "part"): packages.AcksBeforeNextStep},
        settlement=settling.SettlesLastSteps,
    ),
    "acks-before-reply": Pieces(
        handlers={_SERVER: steps.AcksBeforeReply}, settlement=settling.SettlesNothing
    ),
    "acks-before-split": Pieces(
        handlers={_SPLITTER: lambda tools: packages.AcksFirst(PartsStream(tools))}
    ),
    "acks-before-work": Pieces(consumer=settling.AcksBeforeWork, settlement=settling.KeepsTheCopy),
    "acks-on-any-channel": Pieces(settlement=settling.AcksOnAnyChannel),
    "acks-on-new-channel": Pieces(
        link=connecting.ReopensItsChannel, settlement=settling.AcksOnTheConnection
    ),
    "acks-up-to-the-newest": Pieces(
        consumer=in_hand.AcksUpToTheNewest, settlement=in_hand.AcksMultiple
    ),
    "answers-before-work": Pieces(handlers={_SERVER: rpc.RepliesBeforeWork}),
    "answers-no-json": Pieces(rpc_client=rpc.AnswersNoJson),
    "backdates-rows": Pieces(handlers={("parts-random", "part"): packages.BackdatesRows}),
    "blocks-heartbeats": Pieces(consumer=consuming.BlocksHeartbeats),
    "commits-key-first": Pieces(handlers={_BLOCKING: commits.CommitsKeyFirst}),
    "completes-twice": Pieces(handlers={_TASK: effects.CompletesTwice}),
    "consumes-then-forgets": Pieces(consumer=settling.Forgets),
    "consumes-twice": Pieces(consumer=consuming.ConsumesTwice),
    "consumes-without-acks": Pieces(
        consumer=consuming.ConsumesWithoutAcks, settlement=settling.SettlesNothing
    ),
    "crashes-on-wrong-types": Pieces(consumer=settling.CrashesOnWrongTypes),
    "crashes-without-content-type": Pieces(consumer=inputs.CrashesWithoutContentType),
    "crashes-without-message-id": Pieces(consumer=inputs.CrashesWithoutMessageId),
    "cuts-reply-addresses": Pieces(handlers={_SERVER: rpc.CutsReplyAddresses}),
    "declares-transient-queue": Pieces(consumer=declaring.DeclaresTransientQueue),
    "dies-on-missing-task": Pieces(handlers={_SERVER: rpc.DiesOnMissingTask}),
    "dies-reconnecting": Pieces(link=connecting.DiesReconnecting),
    "dies-with-connection": Pieces(link=connecting.DiesWithItsConnection),
    "dies-without-database": Pieces(consumer=outages.DiesWithoutDatabase),
    "disables-heartbeats": Pieces(link=connecting.DisablesHeartbeats),
    "does-nothing": Pieces(
        consumer=consuming.DoesNothing,
        publisher=tasks.PublishesNothing,
        tasks=tasks.AddsNothing,
        rpc_client=rpc.AnswersNothing,
    ),
    "drains-before-stop": Pieces(consumer=consuming.DrainsBeforeStop),
    "drops-at-stop": Pieces(consumer=settling.DropsAtStop),
    "drops-last-part": Pieces(handlers={_SPLITTER: packages.DropsLastPart}),
    "drops-prefetched-at-stop": Pieces(consumer=in_hand.DropsPrefetchedAtStop),
    "drops-rejected": Pieces(settlement=settling.DropsRejected),
    "drops-poison": Pieces(consumer=poison.DropsPoison),
    "drops-when-database-hangs": Pieces(consumer=outages.DropsWhenDatabaseHangs),
    "early-package-row": Pieces(gathering=packages.EarlyPackageRow),
    "ends-with-143": Pieces(consumer=consuming.ExitsWith143),
    "ends-without-close": Pieces(link=connecting.EndsWithoutClosing),
    "error-looks-like-result": Pieces(handlers={_SERVER: rpc.ErrorLooksLikeResult}),
    "exceeds-prefetch": Pieces(consumer=consuming.ExceedsPrefetch),
    "exits-idle": Pieces(consumer=consuming.ExitsIdle),
    "exits-on-headers": Pieces(consumer=inputs.ExitsOnHeaders),
    "exits-when-blocked": Pieces(link=connecting.ExitsWhenBlocked),
    "exits-with-one": Pieces(consumer=consuming.ExitsWithOne),
    "expires-at-once": Pieces(rpc_client=rpc.ExpiresAtOnce),
    "fails-all-callers": Pieces(rpc_client=rpc.FailsAllCallers),
    "forgets-confirms": Pieces(publisher=publishing.ForgetsConfirms),
    "forgets-effects": Pieces(inbox=effects.ForgetsEffects),
    "gives-up-at-third": Pieces(handlers={_TASK: steps.GivesUpAtThird}),
    "gives-up-locked": Pieces(link=connecting.GivesUpLocked),
    "gives-up-when-refused": Pieces(link=connecting.GivesUpWhenRefused),
    "gives-up-early": Pieces(rpc_client=rpc.GivesUpEarly),
    "hands-out-late-replies": Pieces(rpc_client=rpc.HandsOutLateReplies),
    "hangs-up-early": Pieces(consumer=consuming.HangsUpEarly),
    "holds-poison": Pieces(consumer=poison.HoldsPoison),
    "ignores-bound": Pieces(consumer=consuming.IgnoresBound),
    "ignores-cancel": Pieces(consumer=consuming.IgnoresCancel),
    "ignores-empty-bodies": Pieces(consumer=consuming.IgnoresEmptyBodies),
    "ignores-stop": Pieces(consumer=consuming.IgnoresStop),
    "ignores-returns": Pieces(publisher=publishing.IgnoresReturns),
    "keeps-places": Pieces(consumer=copies.KeepsPlaces),
    "keeps-transient-copies": Pieces(settlement=copies.KeepsTransientCopies),
    "keeps-unconfirmed-copies": Pieces(settlement=copies.KeepsUnconfirmedCopies),
    "keys-by-body": Pieces(consumer=effects.KeysByBody),
    "keeps-closed-channel": Pieces(link=connecting.KeepsItsClosedChannel),
    "keeps-nowhere": Pieces(settlement=settling.KeepsNowhere),
    "leaves-a-child": Pieces(consumer=consuming.LeavesAChild),
    "loses-patience": Pieces(link=connecting.LosesPatience),
    "locks-its-work": Pieces(consumer=concurrency.LocksItsWork),
    "loses-concurrency": Pieces(consumer=concurrency.LosesConcurrency),
    "misroutes-tasks": Pieces(publisher=tasks.MisroutesTasks),
    "nacks-without-requeue": Pieces(consumer=settling.NacksWithoutRequeue),
    "never-acks": Pieces(settlement=settling.NeverAcks),
    "never-reconnects": Pieces(link=connecting.NeverReconnects),
    "never-times-out": Pieces(rpc_client=rpc.NeverTimesOut),
    "notes-apart": Pieces(handlers={_BLOCKING: commits.NotesApart}),
    "notes-before-last-part": Pieces(handlers={_SPLITTER: steps.NotesBeforeLastPart}),
    "notes-before-work": Pieces(inbox=effects.NotesBeforeWork),
    "one-correlation-id": Pieces(rpc_client=rpc.OneCorrelationId),
    "one-package-at-a-time": Pieces(handlers={("pipeline", "stream"): packages.OnePackageAtATime}),
    "opens-a-channel-per-request": Pieces(rpc_client=rpc.OpensAChannelPerRequest),
    "overshoots-bound": Pieces(consumer=consuming.OvershootsBound),
    "parks-in-auto-delete": Pieces(settlement=declaring.ParksInAutoDelete),
    "publishes-transient": Pieces(publisher=publishing.PublishesTransient),
    "publishes-unconfirmed": Pieces(publisher=publishing.PublishesUnconfirmed),
    "publishes-unseen": Pieces(publisher=packages.PublishesUnseen),
    "purges-at-start": Pieces(consumer=consuming.PurgesAtStart),
    "reconnects-before-it-stops": Pieces(link=connecting.ReconnectsBeforeItStops),
    "purges-requests": Pieces(consumer=consuming.PurgesAtStart),
    "rejects-before-copy": Pieces(settlement=copies.RejectsBeforeCopy),
    "rejects-large-bodies": Pieces(consumer=inputs.RejectsLargeBodies),
    "rejects-all-in-hand": Pieces(settlement=in_hand.RejectsAllInHand),
    "rejects-without-database": Pieces(consumer=outages.RejectsWithoutDatabase),
    "remembers-the-last": Pieces(inbox=effects.RemembersTheLast),
    "renames-first-step": Pieces(handlers={("pipeline", "stream"): steps.RenamesFirstStep}),
    "renames-parts": Pieces(handlers={_SPLITTER: packages.RenamesParts}),
    "replies-before-commit": Pieces(handlers={_SERVER: rpc.RepliesBeforeCommit}),
    "reopens-unconfirmed": Pieces(link=connecting.ReopensUnconfirmed),
    "reopens-without-prefetch": Pieces(
        link=connecting.ReopensItsChannel, consumer=consuming.SetsPrefetchPerConnection
    ),
    "requeues-empty": Pieces(consumer=settling.RequeuesEmpty),
    "requeues-malformed": Pieces(consumer=settling.RequeuesMalformed),
    "requeues-misshapen": Pieces(consumer=settling.RequeuesMisshapen),
    "requeues-poison": Pieces(consumer=poison.RequeuesPoison),
    "retries-after-ack": Pieces(consumer=copies.RetriesAfterAck),
    "retries-missing-tasks": Pieces(handlers={_SERVER: rpc.RetriesMissingTasks}),
    "retries-without-id": Pieces(consumer=copies.RetriesWithoutId),
    "retries-without-pause": Pieces(consumer=outages.RetriesWithoutPause),
    "reverses-parts": Pieces(handlers={_SPLITTER: packages.ReversesParts}),
    "serialises-parts": Pieces(handlers={("parts", "part"): packages.SerialisesParts}),
    "serves-one-at-a-time": Pieces(rpc_client=rpc.ServesOneAtATime),
    "sets-prefetch-once": Pieces(consumer=consuming.SetsPrefetchOnce),
    "shrinks-prefetch": Pieces(consumer=consuming.ShrinksPrefetch),
    "six-defects": Pieces(consumer=several.SixDefects, link=several.SixDefectsLink),
    "skips-equal-bodies": Pieces(handlers={_BLOCKING: effects.SkipsEqualBodies}),
    "stops-at-once": Pieces(consumer=consuming.StopsAtOnce),
    "survives-five-losses": Pieces(link=connecting.SurvivesFiveLosses),
    "survives-one-loss": Pieces(link=connecting.SurvivesOneLoss),
    "swaps-replies": Pieces(rpc_client=rpc.SwapsReplies),
    "takes-any-answer": Pieces(publisher=publishing.TakesAnyAnswer),
    "takes-equal-texts-for-one": Pieces(gathering=packages.TakesEqualTextsForOne),
    "takes-errors-for-results": Pieces(rpc_client=rpc.TakesErrorsForResults),
    "takes-lost-for-published": Pieces(publisher=packages.TakesLostForPublished),
    "takes-strings-for-texts": Pieces(handlers={_BLOCKING: effects.TakesStringsForTexts}),
    "trusts-any-host": Pieces(link=connecting.TrustsAnyHost),
    "trusts-anybody": Pieces(link=connecting.TrustsAnybody),
    "undoes-redeliveries": Pieces(handlers={_BLOCKING: effects.UndoesRedeliveries}),
    "warms-up-slowly": Pieces(consumer=consuming.WarmsUpSlowly),
    "waits-for-ever": Pieces(link=connecting.WaitsForEver),
    "works-at-most-once": Pieces(handlers={_BLOCKING: effects.WorksAtMostOnce}),
    "works-aside": Pieces(tasks=tasks.WorksAside, publisher=tasks.PublishesNothing),
    "works-in-request": Pieces(tasks=tasks.WorksInRequest),
    "wrong-correlation-id": Pieces(handlers={_SERVER: rpc.RepliesToNobody}),
    "writes-before-work": Pieces(handlers={_BLOCKING: effects.WritesBeforeWork}),
    "writes-twice": Pieces(handlers={_BLOCKING: effects.WritesTwice}),
}
