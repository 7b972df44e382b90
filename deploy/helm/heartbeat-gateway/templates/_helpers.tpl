{{- define "heartbeat-gateway.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "heartbeat-gateway.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 57 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "heartbeat-gateway.name" . -}}
{{- /* 57: some objects add a suffix such as -tokens. */ -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 56 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "heartbeat-gateway.selector" -}}
app.kubernetes.io/name: {{ include "heartbeat-gateway.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "heartbeat-gateway.labels" -}}
{{ include "heartbeat-gateway.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- /* Name, labels and annotations of an object. Arguments: root; optional: name or suffix, namespace, labels, annotations. A label of the chart
takes precedence over one of the object's values, and that over commonLabels; each key is rendered once. */ -}}
{{- define "heartbeat-gateway.metadata" -}}
{{- $values := .root.Values -}}
name: {{ .name | default (printf "%s%s" (include "heartbeat-gateway.fullname" .root) (.suffix | default "")) }}
{{- with .namespace }}
namespace: {{ . }}
{{- end }}
labels:
  {{- merge (include "heartbeat-gateway.labels" .root | fromYaml) (.labels | default dict) ($values.commonLabels | default dict) | toYaml | nindent 2 }}
{{- with merge (dict) (.annotations | default dict) ($values.commonAnnotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "heartbeat-gateway.podLabels" -}}
{{- merge (include "heartbeat-gateway.selector" . | fromYaml) (.Values.podLabels | default dict) (.Values.commonLabels | default dict) | toYaml -}}
{{- end -}}

{{- define "heartbeat-gateway.podSecurityContext" -}}
{{- $context := deepCopy (.Values.podSecurityContext | default dict) -}}
{{- with .Values.sysctls }}{{ $_ := set $context "sysctls" . }}{{ end -}}
{{- toYaml $context -}}
{{- end -}}

{{- /* A probe of the HTTP port. Arguments: path, times. */ -}}
{{- define "heartbeat-gateway.probe" -}}
httpGet:
  path: {{ .path }}
  port: http
{{ toYaml .times }}
{{- end -}}

{{- /* The IP families of both Services. */ -}}
{{- define "heartbeat-gateway.ipFamilies" -}}
{{- $set := dict -}}
{{- with .Values.service.ipFamilyPolicy }}{{ $_ := set $set "ipFamilyPolicy" . }}{{ end -}}
{{- with .Values.service.ipFamilies }}{{ $_ := set $set "ipFamilies" . }}{{ end -}}
{{- with $set }}{{ toYaml . }}{{ end -}}
{{- end -}}

{{- /* Milliseconds of a Prometheus duration with one unit. */ -}}
{{- define "heartbeat-gateway.milliseconds" -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- mul (trimSuffix $unit . | int) (get (dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000) $unit) -}}
{{- end -}}

{{- define "heartbeat-gateway.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "heartbeat-gateway.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (include "heartbeat-gateway.fullname" .) -}}
{{- end -}}

{{- define "heartbeat-gateway.tokensSecretName" -}}
{{- .Values.tokens.existingSecret | default (printf "%s-tokens" (include "heartbeat-gateway.fullname" .)) -}}
{{- end -}}

{{- /* Non-empty when the gateways form a cluster on Redis. */ -}}
{{- define "heartbeat-gateway.hasRedis" -}}
{{- if or .Values.redis.existingSecret .Values.redis.configuration -}}true{{- end -}}
{{- end -}}

{{- define "heartbeat-gateway.redisSecretName" -}}
{{- .Values.redis.existingSecret | default (printf "%s-redis" (include "heartbeat-gateway.fullname" .)) -}}
{{- end -}}

{{- /* The largest number of gateways. */ -}}
{{- define "heartbeat-gateway.maxPods" -}}
{{- int (ternary .Values.autoscaling.maxReplicas .Values.replicaCount .Values.autoscaling.enabled) -}}
{{- end -}}

{{- /* The affinity of the values, with an anti-affinity by host name unless they have one. */ -}}
{{- define "heartbeat-gateway.affinity" -}}
{{- $affinity := deepCopy (.Values.affinity | default dict) -}}
{{- if and .Values.podAntiAffinity (not (hasKey $affinity "podAntiAffinity")) -}}
{{- $term := dict "topologyKey" "kubernetes.io/hostname" "labelSelector" (dict "matchLabels" (include "heartbeat-gateway.selector" . | fromYaml)) -}}
{{- if eq .Values.podAntiAffinity "required" -}}
{{- $_ := set $affinity "podAntiAffinity" (dict "requiredDuringSchedulingIgnoredDuringExecution" (list $term)) -}}
{{- else -}}
{{- $_ := set $affinity "podAntiAffinity" (dict "preferredDuringSchedulingIgnoredDuringExecution" (list (dict "weight" 100 "podAffinityTerm" $term))) -}}
{{- end -}}
{{- end -}}
{{- with $affinity }}{{ toYaml . }}{{ end -}}
{{- end -}}

{{- /* The token scheme; the default is the gateway's own default. */ -}}
{{- define "heartbeat-gateway.scheme" -}}
{{- dig "Tokens" "Scheme" "hmac-sha256" .Values.gateway -}}
{{- end -}}

{{- /* The drain duration in whole seconds, rounded up. The schema has validated the format. */ -}}
{{- define "heartbeat-gateway.drainSeconds" -}}
{{- $parts := splitList ":" (dig "Draining" "Duration" "00:00:20" .Values.gateway) -}}
{{- $seconds := index $parts 2 | float64 | ceil | int -}}
{{- add (mul (index $parts 0 | trimPrefix "0" | default "0" | int) 3600) (mul (index $parts 1 | trimPrefix "0" | default "0" | int) 60) $seconds -}}
{{- end -}}

{{- /* The longest stop of a pod: preStop, then the drain, then 10 s for the last frames. */ -}}
{{- define "heartbeat-gateway.stopSeconds" -}}
{{- add (int .Values.preStopSeconds) (include "heartbeat-gateway.drainSeconds" . | int) 10 -}}
{{- end -}}

{{- define "heartbeat-gateway.terminationGracePeriodSeconds" -}}
{{- if kindIs "invalid" .Values.terminationGracePeriodSeconds -}}
{{- add (include "heartbeat-gateway.stopSeconds" . | int) 5 -}}
{{- else -}}
{{- int .Values.terminationGracePeriodSeconds -}}
{{- end -}}
{{- end -}}

{{- define "heartbeat-gateway.minReadySeconds" -}}
{{- if kindIs "invalid" .Values.minReadySeconds -}}
{{- sub (include "heartbeat-gateway.stopSeconds" . | int) 5 -}}
{{- else -}}
{{- int .Values.minReadySeconds -}}
{{- end -}}
{{- end -}}
