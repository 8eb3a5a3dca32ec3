{{- /* Name of everything of this release. 52: a hook's job adds "-release" and its pod 6 characters more. */}}
{{- define "teal.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" (.Release.Name | trunc 47 | trimSuffix "-") .Chart.Name -}}
{{- end -}}
{{- end -}}

{{- define "teal.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "teal.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "teal.selectorLabels" . }}
{{ include "teal.commonLabels" . }}
{{- end -}}

{{- /* What all objects carry, those of hooks included. Teal's own labels win. */}}
{{- define "teal.commonLabels" -}}
{{- $reserved := list "helm.sh/chart" "app.kubernetes.io/name" "app.kubernetes.io/instance" -}}
{{- $own := dict "app.kubernetes.io/version" .Chart.AppVersion "app.kubernetes.io/managed-by" .Release.Service -}}
{{- range $key, $value := .Values.commonLabels -}}
{{- if not (or (hasKey $own $key) (has $key $reserved)) -}}
{{- $_ := set $own $key $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $own -}}
{{- end -}}

{{- define "teal.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ printf "%s@%s" .repository .digest }}
{{- else -}}
{{ printf "%s:%s" .repository (.tag | default $.Chart.AppVersion) }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Image and rights of a container; with podSecurity below, Pod Security "restricted". */}}
{{- define "teal.container" -}}
image: {{ include "teal.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{- /* One user for all containers: the serving key that one writes with mode 0600 is read by the other. */}}
{{- define "teal.podSecurity" -}}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- /* Where a pod may run, and with which secrets its image is pulled. */}}
{{- define "teal.placement" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* Namespace in which Teal has applications, "" for all of them: what rights and watches are narrowed to. */}}
{{- define "teal.watchNamespace" -}}
{{- if not .Values.clusterScoped }}{{ .Release.Namespace }}{{ end -}}
{{- end -}}

{{- /* What the reconciler is told of Prometheus, nothing without its address; the webhook has no network. */}}
{{- define "teal.prometheusFlags" -}}
{{- with .Values.prometheus -}}
{{- if .url -}}
- {{ printf "--prometheus-url=%s" .url | quote }}
- --prometheus-preset={{ .preset }}
- --prometheus-interval={{ .interval | int64 }}
- --prometheus-timeout={{ .timeout | int64 }}
{{- if .tokenSecret }}
- --prometheus-token=/prometheus-token/token
{{- end }}
{{- if .caBundle }}
- --prometheus-authorities=/prometheus-ca/ca.crt
{{- end }}
{{- range $name, $value := .headers }}
- {{ printf "--prometheus-header=%s: %s" $name $value | quote }}
{{- end }}
{{- if .customQueries }}
- --prometheus-custom-queries
{{- with .customQueriesUrl }}
- {{ printf "--prometheus-custom-url=%s" . | quote }}
{{- end }}
{{- end }}
{{- end -}}
{{- end -}}
{{- end -}}
