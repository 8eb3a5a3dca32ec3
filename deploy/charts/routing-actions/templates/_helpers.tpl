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
The versions as a JSON list of {name, weight, match}, defaults filled in but for the match. hasKey and not `default`,
to which a weight of 0 is no weight; int, since a number of a values file prints as 1e+06. Iter8's chart takes one
alternative of a match without a list, too.
*/}}
{{- define "routing.versions" -}}
{{- $versions := list -}}
{{- $strategy := .Values.strategy | default "blue-green" -}}
{{- range $index, $version := .Values.appVersions | default (list dict dict) -}}
{{- $name := $version.name | default (printf "%s-%d" $.Values.appName $index) -}}
{{- $default := 50 -}}
{{- if eq $strategy "canary" -}}{{- $default = ternary 0 100 (gt $index 0) -}}{{- end -}}
{{- if eq $strategy "mirror" -}}
{{- $default = ternary 100 (int $.Values.mirrorPercentage) (kindIs "invalid" $.Values.mirrorPercentage) -}}
{{- end -}}
{{- $weight := ternary (int $version.weight) $default (hasKey $version "weight") -}}
{{- $entry := dict "name" $name "weight" $weight -}}
{{- with $version.match -}}
{{- $_ := set $entry "match" (ternary . (list .) (kindIs "slice" .)) -}}
{{- end -}}
{{- $versions = append $versions $entry -}}
{{- end -}}
{{- toJson $versions -}}
{{- end -}}

{{- /* Where callers without a sidecar are sent. */}}
{{- define "routing.ingress" -}}
istio-ingressgateway.istio-system.svc.{{ .Values.clusterDomain }}
{{- end -}}

{{- /* The Gateway that is there already, "" for none. Iter8's values file names mm-gateway, which is none of Teal's. */}}
{{- define "routing.externalGateway" -}}
{{- $name := .Values.externalGateway | default "" -}}
{{- if ne $name "mm-gateway" }}{{ $name }}{{ end -}}
{{- end -}}

{{- /* "true" if requests go by a route of Gateway API. */}}
{{- define "routing.byGatewayAPI" -}}
{{- if has (.Values.router | default "") (list "HTTPRoute" "GRPCRoute") }}true{{ end -}}
{{- end -}}

{{- /* "true" if connections are split, and no requests. */}}
{{- define "routing.byConnection" -}}
{{- if ne (.Values.protocol | default "HTTP") "HTTP" }}true{{ end -}}
{{- end -}}

{{- /* "true" if no Gateway is made up: one of Gateway API deploys proxies, and a port for connections is for one application alone. */}}
{{- define "routing.noGateway" -}}
{{- if or (include "routing.byGatewayAPI" .) (include "routing.byConnection" .) }}true{{ end -}}
{{- end -}}

{{- /* "true" if the application gets a Gateway of its own, Istio's. */}}
{{- define "routing.rendersGateway" -}}
{{- if and (eq .Values.action "initialize") (not (include "routing.noGateway" .)) (not (include "routing.externalGateway" .)) (not .Values.gateways) }}true{{ end -}}
{{- end -}}

{{- /* Where requests, or connections, come from, as a JSON list. */}}
{{- define "routing.gateways" -}}
{{- $own := ternary (list) (list .Values.appName) (ne (include "routing.noGateway" .) "") -}}
{{- $external := include "routing.externalGateway" . -}}
{{- .Values.gateways | default (append (ternary (list $external) $own (ne $external "")) "mesh") | toJson -}}
{{- end -}}

{{- /*
"true" if the application gets a Service of its name. A version of that name has one, with pods behind it: it is what
callers call already. Where a route of Gateway API is for Gateways only there may be no Istio for it to lead to, and
the one that is rendered is for HTTP.
*/}}
{{- define "routing.rendersService" -}}
{{- $names := list -}}
{{- range include "routing.versions" . | fromJsonArray -}}{{- $names = append $names .name -}}{{- end -}}
{{- $called := or (not (include "routing.byGatewayAPI" .)) (has "mesh" (include "routing.gateways" . | fromJsonArray)) -}}
{{- if and (eq .Values.action "initialize") (not (has .Values.appName $names)) (not (include "routing.byConnection" .)) $called }}true{{ end -}}
{{- end -}}

{{- /* The names by which the application is called, as a JSON list. */}}
{{- define "routing.hosts" -}}
{{- $host := printf "%s.%s" .Values.appName .Release.Namespace -}}
{{- .Values.hosts | default (list $host (printf "%s.svc" $host) (printf "%s.svc.%s" $host .Values.clusterDomain)) | toJson -}}
{{- end -}}
