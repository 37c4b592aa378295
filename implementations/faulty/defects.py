"""Every defect by its name: which piece of the hardened reference it replaces."""

from collections.abc import Mapping

from implementations.faulty import (
    connecting,
    consuming,
    effects,
    packages,
    rpc,
    settling,
    tasks,
)
from reference_impl.hardened import Parts

_BLOCKING = ("blocking", "stream")
_SPLITTER = ("parts", "stream")
_SERVER = ("rpc", "rpc-server")

DEFECTS: Mapping[str, Parts] = {
    "acks-before-work": Parts(consumer=settling.AcksBeforeWork),
    "answers-before-work": Parts(handlers={_SERVER: rpc.RepliesBeforeWork}),
    "blocks-heartbeats": Parts(consumer=consuming.BlocksHeartbeats),
    "consumes-then-forgets": Parts(consumer=settling.Forgets),
    "consumes-without-acks": Parts(
        consumer=consuming.ConsumesWithoutAcks, settlement=settling.SettlesNothing
    ),
    "dies-on-missing-task": Parts(handlers={_SERVER: rpc.DiesOnMissingTask}),
    "dies-with-connection": Parts(link=connecting.DiesWithItsConnection),
    "disables-heartbeats": Parts(link=connecting.DisablesHeartbeats),
    "does-nothing": Parts(
        consumer=consuming.DoesNothing,
        publisher=tasks.PublishesNothing,
        tasks=tasks.AddsNothing,
        rpc_client=rpc.AnswersNothing,
    ),
    "drops-last-part": Parts(handlers={_SPLITTER: packages.DropsLastPart}),
    "drops-rejected": Parts(settlement=settling.DropsRejected),
    "early-package-row": Parts(gathering=packages.EarlyPackageRow),
    "error-looks-like-result": Parts(handlers={_SERVER: rpc.ErrorLooksLikeResult}),
    "exceeds-prefetch": Parts(consumer=consuming.ExceedsPrefetch),
    "exits-with-one": Parts(consumer=consuming.ExitsWithOne),
    "expires-at-once": Parts(rpc_client=rpc.ExpiresAtOnce),
    "forgets-effects": Parts(inbox=effects.ForgetsEffects),
    "hands-out-late-replies": Parts(rpc_client=rpc.HandsOutLateReplies),
    "ignores-bound": Parts(consumer=consuming.IgnoresBound),
    "ignores-stop": Parts(consumer=consuming.IgnoresStop),
    "misroutes-tasks": Parts(publisher=tasks.MisroutesTasks),
    "never-acks": Parts(settlement=settling.NeverAcks),
    "never-reconnects": Parts(link=connecting.NeverReconnects),
    "never-times-out": Parts(rpc_client=rpc.NeverTimesOut),
    "notes-before-work": Parts(inbox=effects.NotesBeforeWork),
    "one-correlation-id": Parts(rpc_client=rpc.OneCorrelationId),
    "one-package-at-a-time": Parts(handlers={("pipeline", "stream"): packages.OnePackageAtATime}),
    "overshoots-bound": Parts(consumer=consuming.OvershootsBound),
    "publishes-unseen": Parts(publisher=packages.PublishesUnseen),
    "rejects-redeliveries": Parts(consumer=settling.RejectsRedeliveries),
    "renames-parts": Parts(handlers={_SPLITTER: packages.RenamesParts}),
    "requeues-empty": Parts(consumer=settling.RequeuesEmpty),
    "requeues-malformed": Parts(consumer=settling.RequeuesMalformed),
    "requeues-misshapen": Parts(consumer=settling.RequeuesMisshapen),
    "reverses-parts": Parts(handlers={_SPLITTER: packages.ReversesParts}),
    "serialises-parts": Parts(handlers={("parts", "part"): packages.SerialisesParts}),
    "stops-at-once": Parts(consumer=consuming.StopsAtOnce),
    "swaps-replies": Parts(rpc_client=rpc.SwapsReplies),
    "works-in-request": Parts(tasks=tasks.WorksInRequest),
    "writes-twice": Parts(handlers={_BLOCKING: effects.WritesTwice}),
}
