{{- /* Who is told of rollouts: flags, mounts and volumes of the reconciler; nothing without an address. */}}
{{- define "teal.notificationFlags" -}}
{{- with .Values.notifications -}}
{{- if or .url .urlSecret -}}
{{- if .urlSecret -}}
- --notify-url-file=/notify-url/url
{{- else -}}
- {{ printf "--notify-url=%s" .url | quote }}
{{- end }}
- --notify-form={{ .form }}
- --notify-timeout={{ .timeout | int64 }}
{{- if .signingSecret }}
- --notify-key=/notify-key/key
{{- end }}
{{- if .caBundle }}
- --notify-authorities=/notify-ca/ca.crt
{{- end }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "teal.notificationMounts" -}}
{{- with .Values.notifications -}}
{{- range $name, $there := dict "notify-url" .urlSecret "notify-key" .signingSecret "notify-ca" .caBundle }}
{{- if $there }}
- name: {{ $name }}
  mountPath: /{{ $name }}
  readOnly: true
{{- end }}
{{- end }}
{{- end -}}
{{- end -}}

{{- define "teal.notificationVolumes" -}}
{{- with .Values.notifications -}}
{{- range $key, $secret := dict "url" .urlSecret "key" .signingSecret }}
{{- if $secret }}
- name: notify-{{ $key }}
  secret:
    secretName: {{ $secret }}
    defaultMode: 0400
    items: [{key: {{ $key }}, path: {{ $key }}}]
{{- end }}
{{- end }}
{{- with .caBundle }}
- name: notify-ca
  configMap:
    name: {{ . }}
{{- end }}
{{- end -}}
{{- end -}}

{{- define "teal.checkNotifications" -}}
{{- with .Values.notifications -}}
{{- if and .url .urlSecret }}
- >-
  notifications.urlSecret: the address is in notifications.url already; leave one of both out
{{- end }}
{{- if not (or .url .urlSecret) }}
{{- range $name := list "signingSecret" "caBundle" }}
{{- if index $.Values.notifications $name }}
- >-
  notifications.{{ $name }}: nobody is told without notifications.url; set that to the receiver's address, or leave
  {{ $name }} out
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
