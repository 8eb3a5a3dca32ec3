{{- /*
Values that can't work together, all of them at once, each with the remedy. What one value may be is in
values.schema.json.
*/}}
{{- define "teal.checks" -}}
{{- $wrong := concat
  (include "teal.checkScope" . | fromYamlArray)
  (include "teal.checkCertificates" . | fromYamlArray)
  (include "teal.checkAvailability" . | fromYamlArray)
  (include "teal.checkMonitoring" . | fromYamlArray)
  (include "teal.checkPrometheus" . | fromYamlArray)
  (include "teal.checkNotifications" . | fromYamlArray)
-}}
{{- if $wrong -}}
{{- fail (printf "\n- %s" (join "\n- " $wrong)) -}}
{{- end -}}
{{- end -}}

{{- define "teal.checkScope" -}}
{{- with .Values -}}
{{- if not .clusterScoped }}
{{- with .excludedNamespaces }}
- >-
  excludedNamespaces: {{ join ", " . }} can't be excluded with clusterScoped=false, where the namespace
  {{ $.Release.Namespace }} is the only one looked after; empty the list, or set clusterScoped to true
{{- end }}
{{- if eq $.Release.Namespace "kube-system" }}
- >-
  clusterScoped: false looks after the release's own namespace, and in kube-system that would have the cluster's own
  objects wait for Teal; install it where the applications are (--namespace), or set clusterScoped to true
{{- end }}
{{- else if has "default" .excludedNamespaces }}
- >-
  excludedNamespaces: default can't be excluded, since helm install tries there whether admission works; take it off
  the list
{{- end }}
{{- end -}}
{{- end -}}

{{- define "teal.checkCertificates" -}}
{{- $authority := .Values.certificates.authorityLifetimeSeconds | int64 -}}
{{- $serving := .Values.certificates.servingLifetimeSeconds | int64 -}}
{{- if .Values.certManager.enabled }}
{{- if not (.Capabilities.APIVersions.Has "cert-manager.io/v1") }}
- >-
  certManager.enabled: the API server has no cert-manager.io/v1; install cert-manager first, or set certManager.enabled
  to false. helm template asks no API server: tell it by --api-versions cert-manager.io/v1
{{- end }}
{{- if or (ne $authority 315360000) (ne $serving 2592000) }}
- >-
  certificates: the lifetimes are of certificates that Teal issues, and with certManager.enabled it issues none; leave
  them out, or set certManager.enabled to false
{{- end }}
{{- else if .Values.certManager.issuerRef }}
- >-
  certManager.issuerRef: an issuer is used with certManager.enabled only; set that to true, or leave the issuer out
{{- end }}
{{- if gt $serving $authority }}
- >-
  certificates.servingLifetimeSeconds: {{ $serving }} is more than authorityLifetimeSeconds ({{ $authority }}), and a
  certificate ends with the authority that signed it; make it shorter
{{- end }}
{{- with .Values.clientCertificates }}
{{- if and (not .configMap) (ne (toJson .names) "[\"kube-apiserver\"]") }}
- >-
  clientCertificates.names: nobody's name is checked without clientCertificates.configMap; name the ConfigMap that holds
  the authority of the API servers' client certificates, or leave the names out
{{- end }}
{{- end }}
{{- end -}}

{{- define "teal.checkAvailability" -}}
{{- $replicas := int .Values.replicas -}}
{{- with .Values.podDisruptionBudget -}}
{{- $least := toString .minAvailable -}}
{{- $most := toString .maxUnavailable -}}
{{- if and .enabled $least $most }}
- >-
  podDisruptionBudget: minAvailable and maxUnavailable exclude each other; leave one of them empty
{{- end }}
{{- if .enabled }}
{{- if or (eq $least "100%") (and (regexMatch "^[0-9]+$" $least) (ge (int $least) $replicas)) }}
- >-
  podDisruptionBudget.minAvailable: {{ $least }} of {{ $replicas }} replicas leaves none that may go, so that a node with
  one of them could never be drained; set replicas to more, minAvailable to less, or podDisruptionBudget.enabled to false
{{- end }}
{{- if has $most (list "0" "0%") }}
- >-
  podDisruptionBudget.maxUnavailable: {{ $most }} leaves none that may go, so that a node with one of the replicas could
  never be drained; set it to 1 or more, or podDisruptionBudget.enabled to false
{{- end }}
{{- else if or $least $most }}
- >-
  podDisruptionBudget: there is none with enabled=false; set that to true, or leave minAvailable and maxUnavailable out
{{- end }}
{{- end }}
{{- end -}}

{{- define "teal.checkMonitoring" -}}
{{- range $name, $kind := dict "podMonitor" "PodMonitor" "prometheusRule" "PrometheusRule" }}
{{- if (index $.Values.monitoring $name).enabled }}
{{- if not ($.Capabilities.APIVersions.Has "monitoring.coreos.com/v1") }}
- >-
  monitoring.{{ $name }}.enabled: the API server has no monitoring.coreos.com/v1; install the Prometheus Operator
  first, or set monitoring.{{ $name }}.enabled to false. helm template asks no API server: tell it by --api-versions
  monitoring.coreos.com/v1
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.networkPolicy }}
{{- if and .enabled $.Values.monitoring.podMonitor.enabled (not .metricsFrom) }}
- >-
  networkPolicy.metricsFrom: nobody may read the figures that monitoring.podMonitor has Prometheus read; name
  Prometheus's pods, for instance by {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}
{{- end }}
{{- if and .metricsFrom (not .enabled) }}
- >-
  networkPolicy.metricsFrom: it says nothing with networkPolicy.enabled=false; set that to true, or leave it out
{{- end }}
{{- end }}
{{- end -}}

{{- define "teal.checkPrometheus" -}}
{{- with .Values.prometheus -}}
{{- if not .url }}
{{- range $name := list "caBundle" "tokenSecret" "headers" "customQueries" "customQueriesUrl" }}
{{- if index $.Values.prometheus $name }}
- >-
  prometheus.{{ $name }}: nobody is asked without prometheus.url; set that to Prometheus's address, or leave
  {{ $name }} out
{{- end }}
{{- end }}
{{- else if and .customQueriesUrl (not .customQueries) }}
- >-
  prometheus.customQueriesUrl: no check may have a query of its own with customQueries=false; set that to true, or leave
  the address out
{{- end }}
{{- if and .tokenSecret (hasPrefix "http://" .url) }}
- >-
  prometheus.tokenSecret: the token would be sent in the clear to {{ .url }}; use an address with https, or leave
  tokenSecret out
{{- end }}
{{- range $name, $_ := .headers }}
{{- if has (lower $name) (list "authorization" "host" "content-type" "content-length" "transfer-encoding" "connection") }}
- >-
  prometheus.headers: {{ $name }} is not for this; leave it out (a token is in tokenSecret)
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
