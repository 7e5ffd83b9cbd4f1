{{- define "k8svent.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "k8svent.fullname" -}}
{{- $name := include "k8svent.name" . -}}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- default $full .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "k8svent.selectorLabels" -}}
app.kubernetes.io/name: {{ include "k8svent.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "k8svent.labels" -}}
{{ include "k8svent.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | replace "+" "_" | trunc 63 | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" | quote }}
{{- end }}

{{- define "k8svent.secretName" -}}
{{- .Values.secret.name | default (include "k8svent.fullname" .) }}
{{- end }}

{{- define "k8svent.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "k8svent.fullname" .) "default") }}
{{- end }}

{{- define "k8svent.subjects" -}}
- kind: ServiceAccount
  name: {{ include "k8svent.serviceAccountName" . | quote }}
  namespace: {{ .Release.Namespace | quote }}
{{- end }}

{{- define "k8svent.image" -}}
{{- with .Values.image -}}
{{- .repository }}{{ with .digest }}@{{ . }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- /* An unquoted off is false in YAML 1.1. */ -}}
{{- define "k8svent.update" -}}
{{- .Values.update | default "off" }}
{{- end }}

{{- /* What the program reads only when it starts: a new value needs a new pod. All else it reads again by itself. */ -}}
{{- define "k8svent.checksum" -}}
{{- if .Values.config -}}
checksum/config: {{ omit .Values.config "endpoints" "defaults" | toJson | sha256sum }}
{{- else if .Values.secret.data.webhooks -}}
checksum/webhooks: {{ .Values.secret.data.webhooks | sha256sum }}
{{- end }}
{{- end }}

{{- define "k8svent.env" -}}
# Which pod it is: there it finds the image and the digest that it runs.
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
- name: K8SVENT_LISTEN
  value: ":8080"
{{- if .Values.config }}
- name: K8SVENT_CONFIG
  value: /etc/k8svent/k8svent.yaml
{{- else }}
- name: K8SVENT_WEBHOOKS
  valueFrom:
    secretKeyRef:
      name: {{ include "k8svent.secretName" . | quote }}
      key: webhooks
      {{- if .Values.podWebhooks }}
      # The annotations of pods may be all there is.
      optional: true
      {{- end }}
{{- end }}
- name: K8SVENT_WEBHOOK_SECRET_FILE
  value: /var/run/secrets/k8svent/secret
- name: K8SVENT_STATE
  value: /var/lib/k8svent/state.db
{{- with .Values.namespaces }}
- name: K8SVENT_NAMESPACE
  value: {{ join "," . | quote }}
{{- end }}
{{- with .Values.podWebhooks }}
- name: K8SVENT_POD_WEBHOOKS
  value: {{ join "," . | quote }}
{{- end }}
{{- if ne (include "k8svent.update" .) "exit" }}
- name: K8SVENT_UPDATE
  value: {{ include "k8svent.update" . | quote }}
{{- end }}
{{- if .Values.admin.enabled }}
- name: K8SVENT_ADMIN_LISTEN
  value: 127.0.0.1:9090
- name: K8SVENT_ADMIN_TOKEN_FILE
  value: /var/run/secrets/k8svent/admin-token
{{- end }}
{{- end }}

{{- /* What no schema can say, since it is about several values at once. */ -}}
{{- define "k8svent.validate" -}}
{{- with .Values.secret.data }}
{{- if not .secret }}
{{- fail "secret.data has no key secret, and nothing should go out unsigned by accident: set secret.data.secret to what \"openssl rand -hex 32\" prints." }}
{{- end }}
{{- if not (or .webhooks $.Values.config $.Values.podWebhooks) }}
{{- fail "There is nowhere to send to: set secret.data.webhooks to a URL, or name endpoints in config." }}
{{- end }}
{{- if and $.Values.admin.enabled (not (index . "admin-token")) }}
{{- fail "admin.enabled needs a token: set secret.data.admin-token to what \"openssl rand -hex 32\" prints." }}
{{- end }}
{{- end }}
{{- $own := list }}
{{- range include "k8svent.env" . | fromYamlArray }}{{ $own = append $own .name }}{{ end }}
{{- $variables := dict "adminListen" "K8SVENT_ADMIN_LISTEN" "listen" "K8SVENT_LISTEN" "namespaces" "K8SVENT_NAMESPACE" "podWebhooks" "K8SVENT_POD_WEBHOOKS" "update" "K8SVENT_UPDATE" }}
{{- range $key, $variable := $variables }}
{{- if and (hasKey $.Values.config $key) (has $variable $own) }}
{{- fail (printf "config.%s would have no effect, since the chart sets %s, which wins: take it out." $key $variable) }}
{{- end }}
{{- end }}
{{- range .Values.extraEnv }}
{{- if has .name $own }}
{{- fail (printf "extraEnv names %s, which the chart sets: use its own value, or the flag in extraArgs, which wins." .name) }}
{{- end }}
{{- end }}
{{- end }}
