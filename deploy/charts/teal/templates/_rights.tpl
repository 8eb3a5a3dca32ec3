{{- /* A binding of a Role or ClusterRole to the account of its name. Give: root, kind, name, and metadata (YAML). */}}
{{- define "teal.binding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .kind }}Binding
metadata:
  {{- .metadata | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .kind }}
  name: {{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ .name }}
    namespace: {{ .root.Release.Namespace | quote }}
{{- end -}}

{{- /* What the leader does with applications and their routing. */}}
{{- define "teal.applicationRules" -}}
- apiGroups: [iter8.tools]
  resources: [routemaps]
  verbs: [list, watch, patch]
- apiGroups: [iter8.tools]
  resources: [routemaps/status]
  verbs: [patch]
- apiGroups: [iter8.tools]
  resources: [weightoverrides]
  verbs: [list, watch, patch]
- apiGroups: [iter8.tools]
  resources: [weightoverrides/status]
  verbs: [patch]
- apiGroups: [apps]
  resources: [deployments, statefulsets]
  verbs: [get, list, watch, patch]
{{- include "teal.workloadRights" (dict "root" . "verbs" "get, list, watch, patch") }}
- apiGroups: [""]
  resources: [services]
  verbs: [get, list, watch, patch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [list, watch]
# A server-side apply of an object that is not there yet is a create, too.
- apiGroups: [networking.istio.io]
  resources: [virtualservices]
  verbs: [list, watch, create, patch]
- apiGroups: [gateway.networking.k8s.io]
  resources: [httproutes, grpcroutes]
  verbs: [list, watch, create, patch]
- apiGroups: [networking.istio.io]
  resources: [gateways]
  verbs: [list, watch]
- apiGroups: [""]
  resources: [events]
  verbs: [create]
{{- end -}}

{{- /* What the leader does to have its authority trusted. */}}
{{- define "teal.authorityRules" -}}
- apiGroups: [admissionregistration.k8s.io]
  resources: [mutatingwebhookconfigurations, validatingwebhookconfigurations]
  resourceNames: [{{ include "teal.fullname" . }}]
  verbs: [get, watch, patch]
{{- end -}}

{{- /* What the job before an uninstall does with applications and their routing. */}}
{{- define "teal.strippingRules" -}}
- apiGroups: [iter8.tools]
  resources: [routemaps]
  verbs: [get, list, patch]
- apiGroups: [apps]
  resources: [deployments, replicasets, statefulsets]
  verbs: [get, list, patch]
{{- include "teal.workloadRights" (dict "root" . "verbs" "get, list, patch") }}
- apiGroups: [""]
  resources: [services]
  verbs: [get, list, patch]
- apiGroups: [networking.istio.io]
  resources: [virtualservices]
  verbs: [get, list, patch]
- apiGroups: [gateway.networking.k8s.io]
  resources: [httproutes, grpcroutes]
  verbs: [get, list, patch]
{{- end -}}

{{- /* What asks whether admission works does: as a dry run. */}}
{{- define "teal.askingRules" -}}
- apiGroups: [iter8.tools]
  resources: [routemaps]
  verbs: [create]
{{- end -}}

{{- /* What the job before an uninstall does with the release's own objects without namespace. */}}
{{- define "teal.withdrawingRules" -}}
- apiGroups: [admissionregistration.k8s.io]
  resources: [mutatingwebhookconfigurations, validatingwebhookconfigurations]
  resourceNames: [{{ include "teal.fullname" . }}]
  verbs: [delete]
{{- end -}}

{{- /* What the job before an uninstall does with those in its namespace. */}}
{{- define "teal.ownRules" -}}
{{- $name := include "teal.fullname" . -}}
- apiGroups: [apps]
  resources: [deployments/scale]
  resourceNames: [{{ $name }}]
  verbs: [patch]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [{{ $name }}]
  verbs: [get, delete]
# The pods' names are not known beforehand.
- apiGroups: [""]
  resources: [pods]
  verbs: [list]
- apiGroups: [""]
  resources: [secrets]
  resourceNames: [{{ $name }}-ca, {{ $name }}-authority, {{ $name }}-serving]
  verbs: [delete]
{{- if .Values.certManager.enabled }}
- apiGroups: [cert-manager.io]
  resources: [certificates]
  resourceNames: [{{ $name }}-authority, {{ $name }}]
  verbs: [delete]
{{- end }}
{{- end -}}

{{- /* What the dashboard's pod reads, and no more: of applications, and of Teal's own Deployment. */}}
{{- define "teal.showingRules" -}}
- apiGroups: [iter8.tools]
  resources: [routemaps]
  verbs: [get, list, watch]
- apiGroups: [iter8.tools]
  resources: [weightoverrides]
  verbs: [get]
- apiGroups: [apps]
  resources: [deployments, statefulsets]
  verbs: [get]
- apiGroups: [""]
  resources: [events]
  verbs: [list]
{{- end -}}

{{- /* What tells who leads does. */}}
{{- define "teal.watchingLeaseRules" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [{{ include "teal.fullname" . }}]
  verbs: [get]
{{- end -}}

{{- /* Rights on the kinds that the administrator has named, kind by kind. Give: root, verbs. */}}
{{- define "teal.workloadRights" -}}
{{- range .root.Values.workloads }}
- apiGroups: [{{ .group }}]
  resources: [{{ .plural }}]
  verbs: [{{ $.verbs }}]
{{- end }}
{{- end -}}

{{- /* Rules of admission for them. Give: root, operations, and of which part, "" for the whole. */}}
{{- define "teal.namedWorkloads" -}}
{{- range .root.Values.workloads }}
- apiGroups: [{{ .group }}]
  apiVersions: ["*"]
  resources: [{{ .plural }}{{ $.part }}]
  operations: [{{ $.operations }}]
  scope: Namespaced
{{- end }}
{{- end -}}

{{- /* What the reconciler, and the job before an uninstall, are told of them. */}}
{{- define "teal.workloadFlags" -}}
{{- range .Values.workloads }}
{{- $suffix := ternary (printf ",%s" (.serviceSuffix | default "")) "" (not (empty .serviceSuffix)) }}
- {{ printf "--workload=%s.%s.%s=%s,%s%s" .plural .version .group .kind .ready.condition $suffix | quote }}
{{- end }}
{{- end -}}
