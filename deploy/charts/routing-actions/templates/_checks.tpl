{{- /*
What admission would refuse, and what Iter8's chart takes and Teal can't do: all of it at once, each with the remedy,
before anything is applied. Types and unknown values are in values.schema.json, which Helm goes by first. The limits
are those of the rule book (docs/rules.md), and so are the sentences.
*/}}
{{- define "routing.checks" -}}
{{- $wrong := concat
  (include "routing.checkChoices" . | fromJsonArray)
  (include "routing.checkVersions" . | fromJsonArray)
  (include "routing.checkHosts" . | fromJsonArray)
  (include "routing.checkGateways" . | fromJsonArray)
  (include "routing.checkNumbers" . | fromJsonArray)
  (include "routing.checkService" . | fromJsonArray)
  (include "routing.checkGatewayRoute" . | fromJsonArray)
  (include "routing.checkConnections" . | fromJsonArray)
-}}
{{- if $wrong -}}
{{- fail (printf "\n- %s" (join "\n- " $wrong)) -}}
{{- end -}}
{{- end -}}

{{- /* What a Service may be called (RFC 1123), for sentences. */}}
{{- define "routing.serviceName" -}}
at most 63 of a-z, 0-9 and '-', beginning and ending with a letter or digit
{{- end -}}

{{- /* "true" if a Service may be called so. */}}
{{- define "routing.isServiceName" -}}
{{- if and (le (len .) 63) (regexMatch "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" .) }}true{{ end -}}
{{- end -}}

{{- define "routing.checkChoices" -}}
{{- $wrong := list -}}
{{- with .Values -}}
{{- if not (has .action (list "initialize" "modify-weights")) -}}
{{- $wrong = append $wrong (printf "action: %s is not an action; use initialize or modify-weights" (toRawJson .action)) -}}
{{- end -}}
{{- if not (include "routing.isServiceName" .appName) -}}
{{- $wrong = append $wrong (printf "appName: %s is not a Service's name; use %s" (toRawJson .appName) (include "routing.serviceName" .)) -}}
{{- end -}}
{{- if ne (.appType | default "deployment") "deployment" -}}
{{- $wrong = append $wrong (printf "appType: %s is not supported, since a version is a Deployment here; use deployment" (toRawJson .appType)) -}}
{{- end -}}
{{- $strategy := .strategy | default "blue-green" -}}
{{- if eq $strategy "none" -}}
{{- $wrong = append $wrong (printf "strategy: %s is not supported; use blue-green, canary, mirror" (toRawJson $strategy)) -}}
{{- else if not (has $strategy (list "blue-green" "canary" "mirror")) -}}
{{- $wrong = append $wrong (printf "strategy: %s is not a strategy; use blue-green, canary, mirror" (toRawJson $strategy)) -}}
{{- end -}}
{{- $router := .router | default "VirtualService" -}}
{{- if not (has $router (list "VirtualService" "HTTPRoute" "GRPCRoute")) -}}
{{- $wrong = append $wrong (printf "router: %s is not a router; use VirtualService, HTTPRoute or GRPCRoute" (toRawJson $router)) -}}
{{- end -}}
{{- $protocol := .protocol | default "HTTP" -}}
{{- if not (has $protocol (list "HTTP" "TCP" "TLS")) -}}
{{- $wrong = append $wrong (printf "protocol: %s is not a protocol; use HTTP, TCP or TLS" (toRawJson $protocol)) -}}
{{- end -}}
{{- if and (not (kindIs "invalid" .mirrorPercentage)) (ne $strategy "mirror") -}}
{{- $wrong = append $wrong (printf "mirrorPercentage: strategy %s makes no copies; leave it out, or use strategy mirror" $strategy) -}}
{{- end -}}
{{- if and .timeout (not (regexMatch "^([0-9]{1,5}(h|m|s|ms)){1,4}$" .timeout)) -}}
{{- $wrong = append $wrong (printf "timeout: %s is not a duration; use hours, minutes, seconds and milliseconds, such as \"1m30s\" or \"500ms\"" (toRawJson .timeout)) -}}
{{- end -}}
{{- end -}}
{{- toJson $wrong -}}
{{- end -}}

{{- define "routing.checkVersions" -}}
{{- $wrong := list -}}
{{- $given := .Values.appVersions | default (list dict dict) -}}
{{- if gt (len $given) 8 -}}
{{- $wrong = append $wrong (printf "appVersions: %d are listed; list at most 8" (len $given)) -}}
{{- end -}}
{{- range $index, $version := $given -}}
{{- $wrong = concat $wrong (include "routing.checkVersion" (dict "root" $ "index" $index "version" $version) | fromJsonArray) -}}
{{- end -}}
{{- $versions := include "routing.versions" . | fromJsonArray -}}
{{- $names := list -}}
{{- $twice := list -}}
{{- $weights := list -}}
{{- range $versions -}}
{{- if has .name $names -}}{{- $twice = append $twice .name -}}{{- end -}}
{{- $names = append $names .name -}}
{{- $weights = append $weights (float64 .weight) -}}
{{- end -}}
{{- range $twice | uniq | sortAlpha -}}
{{- $wrong = append $wrong (printf "appVersions: %s is listed twice; list each version once" (toRawJson .)) -}}
{{- end -}}
{{- if and (eq .Values.action "initialize") (ne (.Values.strategy | default "") "mirror") (not (without $weights 0.0)) -}}
{{- $wrong = append $wrong "appVersions: all weights are 0, so no version would get a request; give one version a weight above 0" -}}
{{- end -}}
{{- toJson $wrong -}}
{{- end -}}

{{- /* One version. Give: root, index, version (as it is written). */}}
{{- define "routing.checkVersion" -}}
{{- $wrong := list -}}
{{- $path := printf "appVersions[%d]" .index -}}
{{- $default := printf "%s-%d" .root.Values.appName .index -}}
{{- $name := .version.name | default $default -}}
{{- if not (include "routing.isServiceName" $name) -}}
{{- $remedy := include "routing.serviceName" . -}}
{{- if .version.name -}}
{{- $wrong = append $wrong (printf "%s.name: %s is not a Service's name; use %s" $path (toRawJson $name) $remedy) -}}
{{- else if include "routing.isServiceName" .root.Values.appName -}}
{{- $wrong = append $wrong (printf "%s.name: left out, and %s is not a Service's name; give one, of %s, or use a shorter appName" $path (toRawJson $name) $remedy) -}}
{{- end -}}
{{- end -}}
{{- if hasKey .version "weight" -}}
{{- $weight := float64 .version.weight -}}
{{- if and (eq (.root.Values.strategy | default "") "mirror") (gt $weight 100.0) -}}
{{- $wrong = append $wrong (printf "%s.weight: %.0f is out of range; with strategy mirror it is a percentage, use 0 to 100" $path $weight) -}}
{{- else if or (lt $weight 0.0) (gt $weight 1000000.0) -}}
{{- $wrong = append $wrong (printf "%s.weight: %.0f is out of range; use an integer from 0 to 1000000" $path $weight) -}}
{{- end -}}
{{- end -}}
{{- if .version.match -}}
{{- $strategy := .root.Values.strategy | default "blue-green" -}}
{{- if ne $strategy "canary" -}}
{{- $wrong = append $wrong (printf "%s.match: strategy %s sends nothing by match; take it off, or use strategy canary" $path $strategy) -}}
{{- else if not .index -}}
{{- $wrong = append $wrong (printf "%s.match: the primary gets what no candidate matches; take it off" $path) -}}
{{- end -}}
{{- end -}}
{{- $namespace := .version.namespace | default .root.Release.Namespace -}}
{{- if ne $namespace .root.Release.Namespace -}}
{{- $wrong = append $wrong (printf "%s.namespace: %s is another namespace than %s, which this is rendered for, and a version has to be beside its Routemap; leave it out, or give --namespace" $path (toRawJson $namespace) (toRawJson .root.Release.Namespace)) -}}
{{- end -}}
{{- toJson $wrong -}}
{{- end -}}

{{- define "routing.checkHosts" -}}
{{- $wrong := list -}}
{{- $own := .Release.Namespace -}}
{{- $hosts := .Values.hosts | default list -}}
{{- $mesh := has "mesh" (.Values.gateways | default (list "mesh")) -}}
{{- if gt (len $hosts) 16 -}}
{{- $wrong = append $wrong (printf "hosts: %d are listed; list at most 16" (len $hosts)) -}}
{{- end -}}
{{- $seen := list -}}
{{- $twice := list -}}
{{- range $index, $host := $hosts -}}
{{- $long := false -}}
{{- range splitList "." $host -}}{{- if gt (len .) 63 -}}{{- $long = true -}}{{- end -}}{{- end -}}
{{- if or $long (gt (len $host) 253) (not (regexMatch "^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$" $host)) -}}
{{- $wrong = append $wrong (printf "hosts[%d]: %s is not a host name; use a DNS name such as \"httpbin.default\"" $index (toRawJson $host)) -}}
{{- end -}}
{{- $labels := splitList "." (trimSuffix (printf ".%s" $.Values.clusterDomain) $host) -}}
{{- $service := and (gt (len $labels) 2) (eq (last $labels) "svc") -}}
{{- $foreign := and $service (ne (last (initial $labels)) $own) -}}
{{- $all := and (hasPrefix "*." $host) (hasSuffix (trimPrefix "*" $host) (printf ".svc.%s" $.Values.clusterDomain)) -}}
{{- if or $foreign $all (eq $host "*.svc") -}}
{{- $wrong = append $wrong (printf "hosts[%d]: %s takes in Services of other namespaces; use hosts of namespace %s, such as \"httpbin.%s.svc\"" $index (toRawJson $host) $own $own) -}}
{{- else if $mesh -}}
{{- /* Names by which clients in the mesh call a Service of another namespace: web.other, *.other, its address. */ -}}
{{- $rest := splitList "." (trimPrefix "*." $host) -}}
{{- $named := eq (len $rest) (ternary 1 2 (hasPrefix "*." $host)) -}}
{{- $address := regexMatch "^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])$" $host -}}
{{- if or (and $named (ne (last $rest) $own)) $address -}}
{{- $wrong = append $wrong (printf "hosts[%d]: %s takes in Services of other namespaces; use hosts of namespace %s, such as \"httpbin.%s.svc\", or leave mesh out of gateways if it is a public name" $index (toRawJson $host) $own $own) -}}
{{- end -}}
{{- end -}}
{{- if has $host $seen -}}{{- $twice = append $twice $host -}}{{- end -}}
{{- $seen = append $seen $host -}}
{{- end -}}
{{- range $twice | uniq | sortAlpha -}}
{{- $wrong = append $wrong (printf "hosts: %s is listed twice; list each host once" (toRawJson .)) -}}
{{- end -}}
{{- toJson $wrong -}}
{{- end -}}

{{- define "routing.checkGateways" -}}
{{- $wrong := list -}}
{{- $gateway := "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*(/[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)?$" -}}
{{- $external := include "routing.externalGateway" . -}}
{{- $gateways := .Values.gateways | default list -}}
{{- if gt (len $gateways) 16 -}}
{{- $wrong = append $wrong (printf "gateways: %d are listed; list at most 16" (len $gateways)) -}}
{{- end -}}
{{- $seen := list -}}
{{- $twice := list -}}
{{- range $index, $name := $gateways -}}
{{- if not (regexMatch $gateway $name) -}}
{{- $wrong = append $wrong (printf "gateways[%d]: %s is not a Gateway; use \"mesh\", \"name\" or \"namespace/name\"" $index (toRawJson $name)) -}}
{{- end -}}
{{- if has $name $seen -}}{{- $twice = append $twice $name -}}{{- end -}}
{{- $seen = append $seen $name -}}
{{- end -}}
{{- range $twice | uniq | sortAlpha -}}
{{- $wrong = append $wrong (printf "gateways: %s is listed twice; list each gateway once" (toRawJson .)) -}}
{{- end -}}
{{- if and $external $gateways -}}
{{- $wrong = append $wrong (printf "externalGateway: %s is not used beside gateways; list it there, or leave one of the two out" (toRawJson $external)) -}}
{{- else if eq $external "mesh" -}}
{{- $wrong = append $wrong "externalGateway: \"mesh\" is Istio's word for the sidecars, which are among the gateways in any case; leave it out, or use gateways: [mesh] for the sidecars only" -}}
{{- else if and $external (not (regexMatch $gateway $external)) -}}
{{- $wrong = append $wrong (printf "externalGateway: %s is not a Gateway; use \"name\" or \"namespace/name\"" (toRawJson $external)) -}}
{{- end -}}
{{- if and (eq .Values.appName "mesh") (include "routing.rendersGateway" .) -}}
{{- $wrong = append $wrong "appName: \"mesh\" can't be the name of a Gateway, since it is Istio's word for the sidecars; use another name, or give gateways or externalGateway" -}}
{{- end -}}
{{- toJson $wrong -}}
{{- end -}}

{{- define "routing.checkNumbers" -}}
{{- $wrong := list -}}
{{- range $name, $limits := dict "appPort" (list 1 65535) "drainSeconds" (list 0 300) "mirrorPercentage" (list 0 100) "settleSeconds" (list 0 60) -}}
{{- $value := index $.Values $name -}}
{{- if not (kindIs "invalid" $value) -}}
{{- if or (lt (float64 $value) (float64 (first $limits))) (gt (float64 $value) (float64 (last $limits))) -}}
{{- $wrong = append $wrong (printf "%s: %.0f is out of range; use an integer from %d to %d" $name (float64 $value) (first $limits) (last $limits)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $wrong -}}
{{- end -}}

{{- /*
A Service of the application's name that leads elsewhere now: a running application, most likely. Only where Helm asks
the cluster (install, upgrade, template --dry-run=server); elsewhere `lookup` finds nothing, and the chart teal has a
policy that refuses the change.
*/}}
{{- define "routing.checkService" -}}
{{- $wrong := list -}}
{{- if and (include "routing.isServiceName" .Values.appName) (include "routing.rendersService" .) -}}
{{- $live := lookup "v1" "Service" .Release.Namespace .Values.appName -}}
{{- if $live -}}
{{- $target := $live.spec.externalName | default "" -}}
{{- if ne $target (include "routing.ingress" .) -}}
{{- $what := printf "type %s" $live.spec.type -}}
{{- if $target -}}{{- $what = printf "%s for %s" $what $target -}}{{- end -}}
{{- $name := .Values.appName -}}
{{- $wrong = append $wrong (printf "appName: a Service %s is there already (%s), and its callers would be sent to the ingress gateway instead; if it is the application that runs, have it be the first version by appVersions: [{name: %s}, {name: %s-next}], with which no Service is rendered, else use another appName" $name $what $name $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $wrong -}}
{{- end -}}

{{- /* What an HTTPRoute, or a GRPCRoute, needs (docs/rules.md: NotForRouter). */}}
{{- define "routing.checkGatewayRoute" -}}
{{- $wrong := list -}}
{{- $router := .Values.router | default "" -}}
{{- $route := printf "%s %s" (ternary "a" "an" (eq $router "GRPCRoute")) $router -}}
{{- if and (include "routing.byGatewayAPI" .) (eq .Values.action "initialize") -}}
{{- if and .Values.timeout (eq $router "GRPCRoute") -}}
{{- $wrong = append $wrong "timeout: router GRPCRoute does not do this; leave it out, or use router HTTPRoute" -}}
{{- end -}}
{{- if kindIs "invalid" .Values.appPort -}}
{{- $wrong = append $wrong (printf "appPort: missing; %s names the port of each Service: give it, such as 80, or use router VirtualService" $route) -}}
{{- end -}}
{{- range include "routing.gateways" . | fromJsonArray -}}
{{- $namespace := splitList "/" . | first -}}
{{- if and (contains "/" .) (not (include "routing.isServiceName" $namespace)) -}}
{{- $wrong = append $wrong (printf "gateways: %s is not a namespace; use %s" (toRawJson $namespace) (include "routing.serviceName" $)) -}}
{{- end -}}
{{- end -}}
{{- $called := list -}}
{{- $service := printf "^[^.*]+(\\.%s(\\.svc(\\..*)?)?)?$" .Release.Namespace -}}
{{- range include "routing.hosts" . | fromJsonArray -}}
{{- if regexMatch $service . -}}{{- $called = append $called . -}}{{- end -}}
{{- end -}}
{{- if and (not $called) (has "mesh" (include "routing.gateways" . | fromJsonArray)) -}}
{{- $wrong = append $wrong (printf "hosts: none of these is a Service of namespace %s, by which %s takes requests in the mesh; add one, such as %s.%s, leave mesh out of gateways, or use router VirtualService" .Release.Namespace $route .Values.appName .Release.Namespace) -}}
{{- end -}}
{{- end -}}
{{- toJson $wrong -}}
{{- end -}}

{{- /* What can't be done to connections (docs/rules.md: NotForProtocol). */}}
{{- define "routing.checkConnections" -}}
{{- $wrong := list -}}
{{- $protocol := .Values.protocol | default "HTTP" -}}
{{- if and (include "routing.byConnection" .) (eq .Values.action "initialize") -}}
{{- $strategy := .Values.strategy | default "blue-green" -}}
{{- if ne $strategy "blue-green" -}}
{{- $wrong = append $wrong (printf "strategy: %s looks at requests, and a connection of protocol %s has none; use blue-green, or protocol HTTP" $strategy $protocol) -}}
{{- end -}}
{{- if include "routing.byGatewayAPI" . -}}
{{- $wrong = append $wrong (printf "router: %s takes requests of HTTP only; use VirtualService, or protocol HTTP" .Values.router) -}}
{{- end -}}
{{- range $key := list "timeout" "retries" "headers" "rewrite" "cors" "fault" "routes" "affinity" -}}
{{- if index $.Values $key -}}
{{- $wrong = append $wrong (printf "%s: a connection of protocol %s has no requests; leave it out, or use protocol HTTP" $key $protocol) -}}
{{- end -}}
{{- end -}}
{{- $hosts := include "routing.hosts" . | fromJsonArray -}}
{{- if has "mesh" (include "routing.gateways" . | fromJsonArray) -}}
{{- $service := printf "^[^.*]+\\.%s(\\.svc(\\..*)?)?$" .Release.Namespace -}}
{{- $told := list -}}
{{- range $host := $hosts -}}
{{- $name := splitList "." $host | first -}}
{{- $full := printf "%s.%s.svc.%s" $name $.Release.Namespace $.Values.clusterDomain -}}
{{- if and (regexMatch $service $host) (not (has $name $told)) (not (has $name $hosts)) (not (has $full $hosts)) -}}
{{- $told = append $told $name -}}
{{- $wrong = append $wrong (printf "hosts: sidecars look for connections by a Service's full name; list %s, too, or leave mesh out of gateways" $full) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $wrong -}}
{{- end -}}
