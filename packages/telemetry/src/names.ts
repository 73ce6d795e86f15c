// SPDX-License-Identifier: Apache-2.0
//
// Every name telemetry uses, in one place: spans, attributes and metrics. OpenTelemetry's messaging and gen_ai names
// where they exist (both still marked Development upstream), `aiflow.*` elsewhere. A rename grows the schema version.
// In metrics they stand as Prometheus writes them: `gen_ai.server.request.duration` in seconds is
// `gen_ai_server_request_duration_seconds`.

/** The version of the names below. */
export const TELEMETRY_SCHEMA_VERSION = '1.0.0';

/** The instrumentation scope of our spans. */
export const INSTRUMENTATION_NAME = '@aiflow/telemetry';

/** Operations of spans made by the interceptor; a span's name is the operation and the actor: `ask verifier`. */
export const OPERATIONS = { tell: 'tell', ask: 'ask', stream: 'stream', process: 'process' } as const;

/** Names of spans and span events made by hand. */
export const SPAN_NAMES = {
  answer: 'aiflow.answer',
  decodeRound: 'aiflow.decode.round',
  decodeRollback: 'aiflow.decode.rollback',
  revision: 'aiflow.answer.revision',
  decided: 'aiflow.answer.decided',
  planned: 'aiflow.answer.planned',
  /** A link to the broker or a peer was gone. */
  outage: 'aiflow.outage',
  /** Work for another node, from when it was put into the outbox to when that node had it. */
  outboxWait: 'aiflow.outbox.wait',
} as const;

/** Attributes of spans, their events and their resource. */
export const ATTRIBUTES = {
  serviceName: 'service.name',
  serviceInstance: 'service.instance.id',
  fleet: 'aiflow.fleet',
  node: 'aiflow.node',
  tier: 'aiflow.tier',

  messagingSystem: 'messaging.system',
  operationName: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  destination: 'messaging.destination.name',
  destinationTemplate: 'messaging.destination.template',
  messageId: 'messaging.message.id',
  requestBytes: 'messaging.message.body.size',
  errorType: 'error.type',

  messageType: 'aiflow.message.type',
  deliveryClass: 'aiflow.delivery_class',
  peerNode: 'aiflow.peer.node',
  mailboxWaitMs: 'aiflow.mailbox.wait_ms',
  replyBytes: 'aiflow.reply.size',
  streamItems: 'aiflow.stream.items',
  errorMessage: 'aiflow.error.message',
  errorHop: 'aiflow.error.hop',

  modelName: 'gen_ai.request.model',
  maxTokens: 'gen_ai.request.max_tokens',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  genAiOperation: 'gen_ai.operation.name',
  session: 'aiflow.session',
  epoch: 'aiflow.decode.epoch',
  exit: 'aiflow.decode.exit',
  draftedTokens: 'aiflow.decode.drafted_tokens',
  acceptedTokens: 'aiflow.decode.accepted_tokens',
  committedTokens: 'aiflow.decode.committed_tokens',
  computeMs: 'aiflow.decode.compute_ms',
  statedRisk: 'aiflow.decode.stated_risk',
  planKind: 'aiflow.plan.kind',
  planLabel: 'aiflow.plan.label',
  planReason: 'aiflow.plan.reason',
  planExpectedMs: 'aiflow.plan.expected_ms',
  planTrial: 'aiflow.plan.trial',
  joules: 'aiflow.answer.joules',

  outageCause: 'aiflow.outage.cause',
  outageEnded: 'aiflow.outage.ended',
  outboxItem: 'aiflow.outbox.item_id',
  outboxKind: 'aiflow.outbox.kind',
} as const;

/** Metrics as Prometheus reads them, in base units. */
export const METRICS = {
  calls: 'aiflow_calls_total',
  callDuration: 'aiflow_call_duration_seconds',
  mailboxWait: 'aiflow_mailbox_wait_seconds',
  sentBytes: 'aiflow_sent_bytes_total',
  receivedBytes: 'aiflow_received_bytes_total',
  spans: 'aiflow_spans_total',
  spansExported: 'aiflow_spans_exported_total',
  spansDropped: 'aiflow_spans_dropped_total',
  spanSpool: 'aiflow_span_spool_bytes',
  spanSpoolErrors: 'aiflow_span_spool_errors_total',

  linkRtt: 'aiflow_link_rtt_seconds',
  linkRate: 'aiflow_link_rate_bytes_per_second',
  linkLoss: 'aiflow_link_loss_ratio',
  linkDisconnects: 'aiflow_link_disconnects_total',
  refusedFrames: 'aiflow_refused_frames_total',
  refusedAdverts: 'aiflow_refused_adverts_total',
  undeliverable: 'aiflow_undeliverable_messages_total',
  members: 'aiflow_members',
  actorMailboxDepth: 'aiflow_actor_mailbox_depth',
  actorRestarts: 'aiflow_actor_restarts_total',
  actorRefused: 'aiflow_actor_refused_messages_total',
  residentBytes: 'aiflow_resident_bytes',
  load: 'aiflow_load_ratio',
  battery: 'aiflow_battery_ratio',

  requestDuration: 'gen_ai_server_request_duration_seconds',
  timeToFirstToken: 'gen_ai_server_time_to_first_token_seconds',
  timePerOutputToken: 'gen_ai_server_time_per_output_token_seconds',
  draftedTokens: 'aiflow_drafted_tokens_total',
  acceptedTokens: 'aiflow_accepted_tokens_total',
  committedTokens: 'aiflow_committed_tokens_total',
  answerLinkBytes: 'aiflow_answer_link_bytes_total',
  answerJoules: 'aiflow_answer_joules_total',
  answerPlans: 'aiflow_answer_plans_total',
  verifyBatchSessions: 'aiflow_verify_batch_sessions',
  verifyBatchTokens: 'aiflow_verify_batch_tokens',
  verifyBatchCompute: 'aiflow_verify_batch_compute_seconds',
} as const;

/** Labels of metrics. All of them take few values: nodes of a fleet, and closed sets. */
export const LABELS = {
  node: 'node',
  tier: 'tier',
  direction: 'direction',
  kind: 'kind',
  messageType: 'message_type',
  code: 'code',
  reason: 'reason',
  peer: 'peer',
  actor: 'actor',
  state: 'state',
  model: 'gen_ai_request_model',
  outcome: 'outcome',
  mode: 'mode',
  plan: 'plan',
} as const;
