{{- /* Mount point of ConfigMap and Secret. In the image, appsettings.Production.json is a symbolic link to the file of that name in it. */ -}}
{{- define "heartbeat-gateway.settingsFolder" -}}/etc/heartbeatgateway{{- end -}}
{{- define "heartbeat-gateway.tlsFolder" -}}/run/secrets/tls{{- end -}}
{{- define "heartbeat-gateway.authorityFolder" -}}/run/secrets/client-authority{{- end -}}

{{- /* The whole settings file: the values under the gateway's own names, and the paths of the mounted files. */ -}}
{{- define "heartbeat-gateway.settings" -}}
{{- $gateway := deepCopy .Values.gateway -}}
{{- if ne (include "heartbeat-gateway.scheme" .) "none" -}}
{{- $keys := list -}}
{{- range .Values.tokens.keys -}}
{{- $key := dict "Id" .id "SecretFile" (printf "%s/keys/%s" (include "heartbeat-gateway.settingsFolder" $) .id) -}}
{{- if .clients -}}{{- $_ := set $key "Clients" .clients -}}{{- end -}}
{{- if .perClient -}}{{- $_ := set $key "PerClient" true -}}{{- end -}}
{{- $keys = append $keys $key -}}
{{- end -}}
{{- $_ := set $gateway "Tokens" (merge (dict "Keys" $keys) (dig "Tokens" dict $gateway)) -}}
{{- end -}}
{{- if .Values.admin.keys -}}
{{- $keys := list -}}
{{- range .Values.admin.keys -}}
{{- $key := dict "Id" .id "KeyFile" (printf "%s/admin/%s" (include "heartbeat-gateway.settingsFolder" $) .id) "Scope" (.scope | default "Read") -}}
{{- if .expiresAt -}}{{- $_ := set $key "ExpiresAt" .expiresAt -}}{{- end -}}
{{- $keys = append $keys $key -}}
{{- end -}}
{{- $_ := set $gateway "Admin" (merge (dict "Keys" $keys) (dig "Admin" dict $gateway)) -}}
{{- end -}}
{{- with .Values.webhook -}}
{{- if .existingSecret -}}
{{- $folder := printf "%s/webhook" (include "heartbeat-gateway.settingsFolder" $) -}}
{{- $secrets := list -}}
{{- range .entries -}}{{- $secrets = append $secrets (dict "SecretFile" (printf "%s/%s" $folder .)) -}}{{- end -}}
{{- $webhook := merge (dict "Secrets" $secrets) (dig "Webhook" dict $gateway) -}}
{{- if .clientCertificateSecret -}}
{{- $webhook = merge (dict "ClientCertificateFile" (printf "%s-client/tls.crt" $folder) "ClientKeyFile" (printf "%s-client/tls.key" $folder)) $webhook -}}
{{- end -}}
{{- if .trustedRootsSecret -}}{{- $_ := set $webhook "TrustedRootsFile" (printf "%s-roots/ca.crt" $folder) -}}{{- end -}}
{{- $_ := set $gateway "Webhook" $webhook -}}
{{- end -}}
{{- end -}}
{{- if include "heartbeat-gateway.hasRedis" . -}}
{{- $file := printf "%s/redis/configuration" (include "heartbeat-gateway.settingsFolder" .) -}}
{{- $redis := merge (dict "ConfigurationFile" $file) (dig "Redis" dict $gateway) -}}
{{- $folder := printf "%s/redis" (include "heartbeat-gateway.settingsFolder" .) -}}
{{- if .Values.redis.trustedRootsSecret -}}{{- $_ := set $redis "TrustedRootsFile" (printf "%s-roots/ca.crt" $folder) -}}{{- end -}}
{{- if .Values.redis.clientCertificateSecret -}}
{{- $redis = merge (dict "ClientCertificateFile" (printf "%s-client/tls.crt" $folder) "ClientKeyFile" (printf "%s-client/tls.key" $folder)) $redis -}}
{{- end -}}
{{- $_ := set $gateway "Redis" $redis -}}
{{- end -}}
{{- with .Values.tls -}}
{{- if .existingSecret -}}
{{- $folder := include "heartbeat-gateway.tlsFolder" $ -}}
{{- $tls := dict "CertificateFile" (printf "%s/tls.crt" $folder) "KeyFile" (printf "%s/tls.key" $folder) "ClientCertificates" .clientCertificates -}}
{{- $tls = merge $tls (dig "Tls" dict $gateway) -}}
{{- if .clientAuthoritySecret -}}{{- $_ := set $tls "ClientAuthorityFile" (printf "%s/ca.crt" (include "heartbeat-gateway.authorityFolder" $)) -}}{{- end -}}
{{- if .clientNames -}}{{- $_ := set $tls "ClientNames" .clientNames -}}{{- end -}}
{{- $_ := set $gateway "Tls" $tls -}}
{{- end -}}
{{- end -}}
{{- if .Values.proxy.trustedNetworks -}}
{{- $_ := set $gateway "Proxy" (dict "TrustedNetworks" .Values.proxy.trustedNetworks "Header" .Values.proxy.header) -}}
{{- end -}}
{{- $settings := dict "Gateway" $gateway -}}
{{- if .Values.serilog -}}{{- $_ := set $settings "Serilog" .Values.serilog -}}{{- end -}}
{{- toPrettyJson $settings -}}
{{- end -}}

{{- /* The settings that the gateway reads only at start: a change must restart the pods. Of the log levels, these are the names of the overrides:
the level of an existing override is reloaded. Microsoft and System have an override in the image. */ -}}
{{- define "heartbeat-gateway.restartChecksum" -}}
{{- $settings := include "heartbeat-gateway.settings" . | fromJson -}}
{{- $overrides := without (dig "Serilog" "MinimumLevel" "Override" dict $settings | keys | sortAlpha) "Microsoft" "System" -}}
{{- /* The allowed origins are reloaded. */ -}}
{{- $webSocket := omit (dig "WebSocket" dict $settings.Gateway) "AllowedOrigins" -}}
{{- /* The rest of the webhook's settings is reloaded; whether there is a webhook is decided at the start. */ -}}
{{- $webhook := pick (dig "Webhook" dict $settings.Gateway) "Lanes" "Presence" "DeadLetterFile" -}}
{{- if dig "Webhook" "Url" "" $settings.Gateway -}}{{- $_ := set $webhook "on" true -}}{{- end -}}
{{- dict "gateway" (pick $settings.Gateway "Tcp" "Tls" "Http" "Bans" "Authorization" "Redis") "sinks" (dig "Messages" "Sinks" list $settings.Gateway) "webSocket" $webSocket "webhook" $webhook "overrides" $overrides | toJson | sha256sum -}}
{{- end -}}
