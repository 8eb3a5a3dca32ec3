{{- /*
Metadata of everything. The namespace is given, so that `kubectl apply --namespace` with another one is an error and
not an application that is called by the wrong hosts.
*/}}
{{- define "routing.metadata" -}}
name: {{ .Values.appName | quote }}
namespace: {{ .Release.Namespace | quote }}
labels:
  helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
  app.kubernetes.io/name: {{ .Values.appName | quote }}
  app.kubernetes.io/instance: {{ .Release.Name | quote }}
  app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- /*
The versions as a JSON list of {name, weight}, defaults filled in. hasKey and not `default`, to which a weight of 0
is no weight; int, since a number of a values file prints as 1e+06.
*/}}
{{- define "routing.versions" -}}
{{- $versions := list -}}
{{- range $index, $version := .Values.appVersions | default (list dict dict) -}}
{{- $name := $version.name | default (printf "%s-%d" $.Values.appName $index) -}}
{{- $weight := ternary (int $version.weight) 50 (hasKey $version "weight") -}}
{{- $versions = append $versions (dict "name" $name "weight" $weight) -}}
{{- end -}}
{{- toJson $versions -}}
{{- end -}}
