{{- /*
Not asked about: what Kubernetes itself does (garbage collection, namespace deletion), and what Teal does, else
marks could not be set or taken off while the webhook is away.
*/}}
{{- define "teal.foreignUsers" -}}
{{- $account := printf "system:serviceaccount:%s:%s" .Release.Namespace (include "teal.fullname" .) -}}
- name: not-by-kubernetes
  expression: >-
    !(request.userInfo.username in ['system:kube-controller-manager', 'system:apiserver'] ||
    request.userInfo.username.startsWith('system:serviceaccount:kube-system:'))
- name: not-by-teal
  expression: >-
    !(request.userInfo.username in ['{{ $account }}', '{{ $account }}-uninstall'])
{{- end -}}

{{- /*
Deployments and VirtualServices that have nothing to do with Teal never wait for it. Those that look as if they were to have
(iter8-tools/watch, or the label on the pod template) are told.
*/}}
{{- define "teal.ownKeys" -}}
- name: has-iter8-key
  expression: >-
    [object, oldObject].exists(o, o != null && (
    (has(o.metadata.labels) && o.metadata.labels.exists(key, key.startsWith('iter8'))) ||
    (has(o.metadata.annotations) && o.metadata.annotations.exists(key, key.startsWith('iter8'))) ||
    (has(o.spec) && has(o.spec.template) && has(o.spec.template.metadata) && has(o.spec.template.metadata.labels) &&
    o.spec.template.metadata.labels.exists(key, key.startsWith('iter8.tools/'))) ||
    (has(o.metadata.finalizers) && o.metadata.finalizers.exists(name, name.startsWith('iter8.tools/')))))
{{- end -}}

{{- /*
Of kinds that Teal does not read, such as StatefulSets: what a user has made, and not what belongs to something else.
*/}}
{{- define "teal.nobodysChild" -}}
- name: nobodys-child
  expression: >-
    !has(object.metadata.ownerReferences) || object.metadata.ownerReferences.size() == 0
{{- end -}}

{{- /*
What all webhooks have in common. Give: root, path; advises: it only warns, so nobody waits for it, or is refused, where
it is away.

No caBundle here: the leader, or cert-manager, publishes it. Helm leaves it alone on an upgrade, since by server-side apply it owns
only what it names, and its three-way merge (Helm 3) matches webhooks by name and finds the field in neither of
its manifests.

The release's own namespace is left out, so that Teal can never stand in its own way; but applications do live in
"default", and beside Teal itself where it is not clusterScoped, and Teal's objects have none of the keys that
has-iter8-key looks for in any case.
*/}}
{{- define "teal.webhook" -}}
admissionReviewVersions: [v1]
clientConfig:
  service:
    namespace: {{ .root.Release.Namespace | quote }}
    name: {{ include "teal.fullname" .root }}
    path: {{ .path }}
    port: 443
sideEffects: None
timeoutSeconds: {{ if .advises }}1{{ else }}3{{ end }}
failurePolicy: {{ if .advises }}Ignore{{ else }}Fail{{ end }}
matchPolicy: Equivalent
{{ include "teal.namespaces" .root }}
{{- end -}}

{{- /* Where Teal has a say. */}}
{{- define "teal.namespaces" -}}
namespaceSelector:
  matchExpressions:
    - key: kubernetes.io/metadata.name
      {{- if .Values.clusterScoped }}
      operator: NotIn
      values: {{ without (concat (list "kube-system" .Release.Namespace) .Values.excludedNamespaces | uniq) "default" | toJson }}
      {{- else }}
      operator: In
      values: {{ list .Release.Namespace | toJson }}
      {{- end }}
{{- end -}}

{{- /* With cert-manager, its CA injector publishes the authority. */}}
{{- define "teal.injectedAuthority" -}}
{{- if .Values.certManager.enabled }}
annotations:
  cert-manager.io/inject-ca-from: {{ printf "%s/%s" .Release.Namespace (include "teal.fullname" .) }}
{{- end }}
{{- end -}}
