{{- /*
Labels and annotations of what exists for one of Helm's hooks only. Give: root, component, events, and for what else
than a failure's log is to be printed: log.
What failed is left in place to be read, until the hook runs again.
*/}}
{{- define "teal.hookMetadata" -}}
labels:
  helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
  {{- include "teal.hookLabels" . | nindent 2 }}
annotations:
  helm.sh/hook: {{ .events }}
  helm.sh/hook-weight: {{ .weight | default 0 | quote }}
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
  helm.sh/hook-output-log-policy: {{ .log | default "hook-failed" }}
{{- end -}}

{{- /* Not the Deployment's labels: the Service must not send admission requests to a hook's pod. */}}
{{- define "teal.hookLabels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}-{{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
{{ include "teal.commonLabels" .root }}
{{- end -}}

{{- /* A ServiceAccount for a hook. Give: root, component, events. */}}
{{- define "teal.hookAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "teal.fullname" .root }}-{{ .component }}
  namespace: {{ .root.Release.Namespace | quote }}
  {{- include "teal.hookMetadata" (mustMerge (dict "weight" -2) .) | nindent 2 }}
{{- end -}}

{{- /*
A hook's Role (with a namespace) or ClusterRole, and its binding to the hook's account. Give: root, component, events,
rules (YAML), and for a Role namespace.
*/}}
{{- define "teal.hookRights" -}}
{{- $name := printf "%s-%s" (include "teal.fullname" .root) .component -}}
{{- $kind := ternary "Role" "ClusterRole" (hasKey . "namespace") -}}
{{- $where := dict "name" $name -}}
{{- with .namespace -}}{{- $_ := set $where "namespace" . -}}{{- end -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}
metadata:
  {{- toYaml $where | nindent 2 }}
  {{- include "teal.hookMetadata" (mustMerge (dict "weight" -2) .) | nindent 2 }}
rules:
  {{- .rules | nindent 2 }}
---
{{ $metadata := printf "%s\n%s" (toYaml $where) (include "teal.hookMetadata" (mustMerge (dict "weight" -1) .)) -}}
{{ include "teal.binding" (dict "root" .root "kind" $kind "name" $name "metadata" $metadata) }}
{{- end -}}

{{- /* What a hook's pod runs. Give: root, component, module of the package reconciler.hooks; flags. */}}
{{- define "teal.hookPod" -}}
restartPolicy: Never
serviceAccountName: {{ include "teal.fullname" .root }}-{{ .component }}
{{- include "teal.podSecurity" .root | nindent 0 }}
{{- with include "teal.placement" .root }}
{{- . | nindent 0 }}
{{- end }}
containers:
  - name: {{ .component }}
    {{- include "teal.container" .root | nindent 4 }}
    command:
      - python
      - -m
      - reconciler.hooks.{{ .module }}
      - --namespace={{ .root.Release.Namespace }}
      - --release={{ include "teal.fullname" .root }}
      {{- with include "teal.watchNamespace" .root }}
      - --watch-namespace={{ . }}
      {{- end }}
      {{- range .flags }}
      - {{ . }}
      {{- end }}
    resources:
      {{- toYaml .root.Values.resources.reconciler | nindent 6 }}
{{- end -}}

{{- /* The job. Give: what teal.hookPod takes, events, deadline (seconds). */}}
{{- define "teal.hookJob" -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "teal.fullname" .root }}-{{ .component }}
  namespace: {{ .root.Release.Namespace | quote }}
  {{- include "teal.hookMetadata" . | nindent 2 }}
spec:
  backoffLimit: 2
  activeDeadlineSeconds: {{ .deadline }}
  template:
    metadata:
      labels:
        {{- include "teal.hookLabels" . | nindent 8 }}
        # A sidecar would keep the job from ending.
        sidecar.istio.io/inject: "false"
    spec:
      {{- include "teal.hookPod" . | nindent 6 }}
{{- end -}}
