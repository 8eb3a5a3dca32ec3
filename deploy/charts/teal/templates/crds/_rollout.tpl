{{/* What a Routemap says of the steps in which a candidate comes in: types only, as of all that users write. */}}
{{- define "teal.crds.rollout" -}}
rollout:
  type: object
  description: >-
    The steps in which a candidate comes in, and what has to be shown in each. Left out: once it is ready it gets its
    weight. Its shares take the place of the weights.
  x-kubernetes-preserve-unknown-fields: true
  properties:
    steps:
      type: array
      description: The steps, 1 to 20, whose shares rise. After the last the candidate stays at its share.
      items:
        type: object
        description: A step. It ends when its time is over, every check is good and its gate is open.
        x-kubernetes-preserve-unknown-fields: true
        properties:
          share:
            type: integer
            description: >-
              Percentage of the requests that the candidate gets, 1 to 100; the primary gets the others. With mirror
              it is that of which it gets copies. With canary 0 is for those alone whom its match takes.
          for:
            type: string
            description: How long the step takes at least, such as 5m, at most 720h. With a gate it may be left out.
          gate:
            type: string
            description: 'manual: the next step waits until somebody resumes the rollout.'
    checks:
      type: array
      description: >-
        What has to hold in every step, at most 8, counted since the step began. Without any, a step takes its time
        and no more.
      items:
        type: object
        description: A check, of success, of latency, or of what two queries count.
        x-kubernetes-preserve-unknown-fields: true
        properties:
          name:
            type: string
            description: Its name. By default the metric's, with what tells it from others.
          metric:
            type: string
            description: >-
              success (answers with a status below 500, and of gRPC with none that is the server's error) or latency
              (answers within a limit). Left out with good and total.
          under:
            type: string
            description: The limit of latency, such as 300ms.
          good:
            type: string
            description: >-
              PromQL that counts good requests of $version, where the administrator allows such queries.
          total:
            type: string
            description: PromQL that counts all requests of $version.
          min:
            type: number
            description: The percentage of good requests that the candidate needs, between 0 and 100.
          worseBy:
            type: number
            description: >-
              Instead of min: by how many percentage points the candidate may be worse than the primary is over the
              same time.
    evidence:
      type: object
      description: What evidence has to be to judge by it.
      x-kubernetes-preserve-unknown-fields: true
      properties:
        confidence:
          type: number
          description: >-
            How sure a verdict has to be, in percent, above 50 and below 100, by default 95: it may be looked at all
            the time.
        requests:
          type: integer
          description: Requests of the candidate that are needed at least, 1 to 1000000, by default 200.
        within:
          type: string
          description: >-
            How long a step may take to show what it has to; then the rollout is held. By default 30m, or twice the
            longest step's time if that is longer.
        together:
          type: integer
          description: >-
            How many requests share one fate at most, 1 to 1000, by default 1: a client's retries, what a pod that
            dies had. Counts are divided by it.
    onFailure:
      type: string
      description: >-
        What follows a bad verdict: rollback, which is also the default (the candidate gets nothing, and is kept), or
        hold (it stays at its share).
    capacity:
      type: string
      description: >-
        pods, which is also the default: a share waits until the candidate has so many ready pods that none gets more
        than a pod of the primary does when that has all requests. ignore: it waits for none.
    promotion:
      type: string
      description: >-
        What follows the last step: manual, which is also the default (somebody promotes the candidate), or byOrder
        (Teal lists it first, and the old primary last with weight 0, or not at all with canary).
    windows:
      type: array
      description: >-
        When a rollout may go on, at most 8; left out: at any time. While none is open no step follows by itself, and
        nobody is promoted. What is bad is rolled back at any time.
      items:
        type: object
        description: A time of the week.
        x-kubernetes-preserve-unknown-fields: true
        properties:
          from:
            type: string
            description: When it opens, in quotes, such as "08:00".
          to:
            type: string
            description: >-
              When it closes, in quotes, such as "18:00" or "24:00"; where that is not after from, on the next day.
          days:
            type: array
            description: The days on which it opens, Mon to Sun, by default all.
            items:
              type: string
              description: A day, such as Mon.
          timeZone:
            type: string
            description: Whose wall clock it goes by, such as Europe/Berlin, by default UTC.
{{- end }}
{{/* What Teal tells of a rollout. It is bounded: Teal reads it again. */}}
{{- define "teal.crds.rolloutStatus" -}}
rollout:
  type: object
  description: How far a rollout is; left out where the spec has none.
  required: [phase]
  properties:
    version:
      type: string
      description: The candidate; left out while none is there.
      maxLength: 63
      pattern: ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$
    revision:
      type: string
      description: Which candidate of this name, and which template of its pods.
      maxLength: 128
    phase:
      type: string
      description: >-
        Waiting (no step has begun), Stepping, Paused (by somebody), Held (it has ended without success, and the
        share stays), Failed (the candidate gets nothing), Succeeded or Promoted (it is the primary, and no other has
        come since).
      enum: [Waiting, Stepping, Paused, Held, Failed, Succeeded, Promoted]
    step:
      type: integer
      description: The step under way, from 1; 0 before the first.
      minimum: 0
      maximum: 20
    share:
      type: integer
      description: The step's percentage.
      minimum: 0
      maximum: 100
    since:
      type: string
      format: date-time
      description: Time (RFC 3339) since which the step's evidence counts; left out while something stops its clock.
      maxLength: 32
      pattern: ^20[0-9]{2}-
    unreadySince:
      type: string
      format: date-time
      description: Time (RFC 3339) since which the candidate, which had requests, is not ready.
      maxLength: 32
      pattern: ^20[0-9]{2}-
    losses:
      type: integer
      description: How often it has lost its last ready pod.
      minimum: 0
      maximum: 100
    wish:
      type: string
      description: The annotation iter8.tools/rollout that was taken last.
      maxLength: 128
    reason:
      type: string
      description: Why it stands so, in one word.
      maxLength: 128
    message:
      type: string
      description: Why it stands so, in a sentence.
      maxLength: 512
    checks:
      type: array
      description: What is found of each check.
      maxItems: 8
      items:
        type: object
        description: A check.
        properties:
          name:
            type: string
            description: Its name.
            maxLength: 128
          verdict:
            type: string
            description: good, bad, or open yet.
            enum: [good, bad, open]
          good:
            type: integer
            format: int64
            description: Good requests of the candidate since the step began.
            minimum: 0
            maximum: 1000000000000000
          total:
            type: integer
            format: int64
            description: All requests of the candidate since the step began.
            minimum: 0
            maximum: 1000000000000000
          message:
            type: string
            description: What that says, in a sentence.
            maxLength: 512
    history:
      type: array
      description: What has happened last.
      maxItems: 10
      items:
        type: object
        description: An entry.
        required: [time, what]
        properties:
          time:
            type: string
            format: date-time
            description: When (RFC 3339).
            maxLength: 32
            pattern: ^20[0-9]{2}-
          what:
            type: string
            description: What, in a sentence.
            maxLength: 512
          by:
            type: string
            description: Who has asked for it; left out for Teal's own doing.
            maxLength: 128
{{- end }}
