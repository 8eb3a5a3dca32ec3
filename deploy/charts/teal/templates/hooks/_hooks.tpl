{{- /*
Labels and annotations of what exists for one of Helm's hooks only. Give: root, component, events.
What failed is left in place to be read, until the hook runs again.
*/}}
{{- define "teal.hookMetadata" -}}
labels:
  helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
  app.kubernetes.io/name: {{ .root.Chart.Name }}-{{ .component }}
  app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
  app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
  app.kubernetes.io/managed-by: {{ .root.Release.Service }}
annotations:
  helm.sh/hook: {{ .events }}
  helm.sh/hook-weight: {{ .weight | default 0 | quote }}
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
  helm.sh/hook-output-log-policy: hook-failed
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

{{- /* Binds a hook's Role or ClusterRole to its account. Give: root, component, events, kind, and for a Role namespace. */}}
{{- define "teal.hookBinding" -}}
{{- $name := printf "%s-%s" (include "teal.fullname" .root) .component -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .kind }}Binding
metadata:
  name: {{ $name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  {{- include "teal.hookMetadata" (mustMerge (dict "weight" -1) .) | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .kind }}
  name: {{ $name }}
subjects:
  - kind: ServiceAccount
    name: {{ $name }}
    namespace: {{ .root.Release.Namespace | quote }}
{{- end -}}

{{- /* The job. Give: root, component (its module is reconciler.<component>), events, deadline (seconds). */}}
{{- define "teal.hookJob" -}}
{{- $name := printf "%s-%s" (include "teal.fullname" .root) .component -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ $name }}
  namespace: {{ .root.Release.Namespace | quote }}
  {{- include "teal.hookMetadata" . | nindent 2 }}
spec:
  backoffLimit: 2
  activeDeadlineSeconds: {{ .deadline }}
  template:
    metadata:
      # Not the Deployment's labels: the Service must not send admission requests here.
      labels:
        app.kubernetes.io/name: {{ .root.Chart.Name }}-{{ .component }}
        app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
        # A sidecar would keep the job from ending.
        sidecar.istio.io/inject: "false"
    spec:
      restartPolicy: Never
      serviceAccountName: {{ $name }}
      {{- include "teal.podSecurity" .root | nindent 6 }}
      {{- include "teal.placement" .root | nindent 6 }}
      containers:
        - name: {{ .component }}
          {{- include "teal.container" .root | nindent 10 }}
          command:
            - python
            - -m
            - reconciler.{{ .component }}
            - --namespace={{ .root.Release.Namespace }}
            - --release={{ include "teal.fullname" .root }}
          resources:
            {{- toYaml .root.Values.resources.reconciler | nindent 12 }}
{{- end -}}
