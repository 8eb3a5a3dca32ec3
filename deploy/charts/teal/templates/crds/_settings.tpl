{{- /*
What a Routemap may have done to requests on their way, as properties of a schema. Types only, like the others: the
webhook's sentences tell of ranges, names and what is within set, add, delay, abort and an origin.
*/}}
{{- define "teal.crds.settings" -}}
timeout:
  type: string
  description: >-
    After which a request is answered with an error, such as "1m30s" or "500ms"; by default never. With mirror it also
    ends copies that nobody answers.
retries:
  type: object
  description: >-
    How often a request that failed is sent again, to the same version. By default as Istio does: twice, where the
    version did not get it.
  x-kubernetes-preserve-unknown-fields: true
  properties:
    attempts:
      type: integer
      description: How often, 0 (never) to 10.
    perTryTimeout:
      type: string
      description: After which one attempt has failed, such as "500ms"; by default the timeout.
    retryOn:
      type: string
      description: Status codes and Envoy's conditions, with commas between, such as "503,connect-failure".
headers:
  type: object
  description: What is done to headers.
  x-kubernetes-preserve-unknown-fields: true
  properties:
    request:
      type: object
      description: >-
        Of requests: set (values by name, instead of what is there), add (beside it), remove (names), of at most 32
        headers each.
      x-kubernetes-preserve-unknown-fields: true
    response:
      type: object
      description: Of responses, the same.
      x-kubernetes-preserve-unknown-fields: true
rewrite:
  type: object
  description: What versions see instead of what was asked for.
  x-kubernetes-preserve-unknown-fields: true
  properties:
    uri:
      type: string
      description: >-
        In place of the whole path, or of the prefix by which the request was matched; without a match of the "/" that
        each path begins with.
    authority:
      type: string
      description: In place of the host, such as shop.example.com.
cors:
  type: object
  description: Which pages of other origins may ask from a browser, as Istio's corsPolicy says it.
  x-kubernetes-preserve-unknown-fields: true
  properties:
    allowOrigins:
      type: array
      description: 'Origins, 1 to 32, each by one of exact, prefix and regex, such as {exact: "https://example.com"}.'
      items:
        type: object
        description: An origin.
        x-kubernetes-preserve-unknown-fields: true
    allowMethods:
      type: array
      description: Methods that may be used, or *.
      items:
        type: string
        description: A method.
    allowHeaders:
      type: array
      description: Headers that may be sent, or *.
      items:
        type: string
        description: A header's name.
    exposeHeaders:
      type: array
      description: Headers of the response that the page may read, or *.
      items:
        type: string
        description: A header's name.
    maxAge:
      type: string
      description: For how long a browser may keep the answer, in whole seconds, such as "24h".
    allowCredentials:
      type: boolean
      description: Whether cookies and the like may be sent along.
    unmatchedPreflights:
      type: string
      description: Whether questions of other origins go to a version (FORWARD, the default) or not (IGNORE).
fault:
  type: object
  description: What goes wrong on purpose.
  x-kubernetes-preserve-unknown-fields: true
  properties:
    delay:
      type: object
      description: 'Requests that wait, such as {fixedDelay: 5s, percentage: {value: 10}}.'
      x-kubernetes-preserve-unknown-fields: true
    abort:
      type: object
      description: >-
        Requests that are answered with an error, such as {httpStatus: 503, percentage: {value: 0.5}}, or with a
        grpcStatus, such as UNAVAILABLE.
      x-kubernetes-preserve-unknown-fields: true
{{- end -}}
