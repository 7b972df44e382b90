{{- /* Checks that a schema cannot express: values that depend on each other. Each message names the value and what is allowed. */ -}}
{{- define "heartbeat-gateway.validate" -}}
{{- $stop := include "heartbeat-gateway.stopSeconds" . | int -}}
{{- if lt (include "heartbeat-gateway.terminationGracePeriodSeconds" . | int) $stop -}}
{{- fail (printf "terminationGracePeriodSeconds is %d, but must be at least %d: preStopSeconds (%d), gateway.Draining.Duration (%s s) and 10 s for the last frames. When it ends, the pod is killed and the remaining clients are disconnected." (int .Values.terminationGracePeriodSeconds) $stop (int .Values.preStopSeconds) (include "heartbeat-gateway.drainSeconds" .)) -}}
{{- end -}}

{{- if ne (include "heartbeat-gateway.scheme" .) "none" -}}
{{- if not .Values.tokens.keys -}}
{{- fail (printf "tokens.keys is empty, but the scheme %s needs a key: add one, or set gateway.Tokens.Scheme to none." (include "heartbeat-gateway.scheme" .)) -}}
{{- end -}}
{{- $least := ternary 16 1 (eq (include "heartbeat-gateway.scheme" .) "hmac-sha256") -}}
{{- $ids := list -}}
{{- range $i, $key := .Values.tokens.keys -}}
{{- if has $key.id $ids -}}{{- fail (printf "tokens.keys[%d].id is %s, which another key uses already." $i $key.id) -}}{{- end -}}
{{- $ids = append $ids $key.id -}}
{{- if $.Values.tokens.existingSecret -}}
{{- if $key.secret -}}{{- fail (printf "tokens.keys[%d].secret and tokens.existingSecret are both set: set only one of them." $i) -}}{{- end -}}
{{- else if not $key.secret -}}
{{- fail (printf "tokens.keys[%d].secret is missing: set tokens.existingSecret to a Secret with the entry %s, or set the secret itself." $i ($key.entry | default $key.id)) -}}
{{- else if lt (len $key.secret) $least -}}
{{- fail (printf "tokens.keys[%d].secret has %d bytes, but must have at least %d." $i (len $key.secret) $least) -}}
{{- else if $key.entry -}}
{{- fail (printf "tokens.keys[%d].entry names an entry of tokens.existingSecret, which is not set." $i) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- with .Values.tls -}}
{{- if not .existingSecret -}}
{{- if or .clientAuthoritySecret .clientNames (ne .clientCertificates "None") -}}
{{- fail "tls.clientCertificates, tls.clientAuthoritySecret and tls.clientNames need tls.existingSecret: without it clients connect over plain TCP." -}}
{{- end -}}
{{- else if and (ne .clientCertificates "None") (not .clientAuthoritySecret) -}}
{{- fail (printf "tls.clientAuthoritySecret is missing: tls.clientCertificates is %s, which needs the certificate authority of the clients." .clientCertificates) -}}
{{- end -}}
{{- end -}}

{{- $url := dig "Webhook" "Url" "" .Values.gateway -}}
{{- with .Values.webhook -}}
{{- if and $url (not .existingSecret) -}}
{{- fail "webhook.existingSecret is missing: gateway.Webhook.Url needs a Secret with the secret that signs its requests." -}}
{{- end -}}
{{- if and (not $url) (or .existingSecret .clientCertificateSecret .trustedRootsSecret) -}}
{{- fail "gateway.Webhook.Url is missing: without it webhook.existingSecret, webhook.clientCertificateSecret and webhook.trustedRootsSecret have no effect." -}}
{{- end -}}
{{- end -}}

{{- if and .Values.gateway.Tls (not .Values.tls.existingSecret) -}}
{{- fail "gateway.Tls needs tls.existingSecret: without it clients connect over plain TCP." -}}
{{- end -}}

{{- range $value, $labels := dict "commonLabels" (.Values.commonLabels | default dict) "podLabels" (.Values.podLabels | default dict) -}}
{{- range list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component" -}}
{{- if hasKey $labels . -}}
{{- fail (printf "%s sets %s, by which the objects of this chart select each other: use nameOverride, or another label." $value .) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- with .Values.service -}}
{{- if and (eq (len .ipFamilies) 2) (not (has .ipFamilyPolicy (list "PreferDualStack" "RequireDualStack"))) -}}
{{- fail "service.ipFamilies has two families, which needs service.ipFamilyPolicy PreferDualStack or RequireDualStack." -}}
{{- end -}}
{{- end -}}

{{- with .Values.service.tcp -}}
{{- if and .loadBalancerIP (ne .type "LoadBalancer") -}}
{{- fail (printf "service.tcp.loadBalancerIP needs service.tcp.type LoadBalancer, but it is %s." .type) -}}
{{- end -}}
{{- if and .nodePort (eq .type "ClusterIP") -}}
{{- fail "service.tcp.nodePort is set, but service.tcp.type is ClusterIP, which has no node port: use NodePort or LoadBalancer." -}}
{{- end -}}
{{- if and (ne .type "LoadBalancer") (or .loadBalancerClass .loadBalancerSourceRanges) -}}
{{- fail (printf "service.tcp.loadBalancerClass and service.tcp.loadBalancerSourceRanges need service.tcp.type LoadBalancer, but it is %s." .type) -}}
{{- end -}}
{{- end -}}

{{- with .Values.autoscaling -}}
{{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) -}}
{{- fail (printf "autoscaling.minReplicas is %d, but must not exceed autoscaling.maxReplicas (%d)." (int .minReplicas) (int .maxReplicas)) -}}
{{- end -}}
{{- end -}}

{{- if include "heartbeat-gateway.hasRedis" . -}}
{{- if and .Values.redis.existingSecret .Values.redis.configuration -}}
{{- fail "redis.existingSecret and redis.configuration are both set: set only one of them." -}}
{{- end -}}
{{- if and .Values.networkPolicy.enabled (not .Values.networkPolicy.egress) -}}
{{- fail "networkPolicy.egress is empty, so the gateways could not reach Redis: allow Redis and the DNS service in it, or set networkPolicy.enabled to false." -}}
{{- end -}}
{{- else -}}
{{- if or .Values.redis.trustedRootsSecret .Values.redis.clientCertificateSecret -}}
{{- fail "redis.trustedRootsSecret and redis.clientCertificateSecret need redis.existingSecret or redis.configuration: without them there is no cluster." -}}
{{- end -}}
{{- if .Values.gateway.Redis -}}
{{- fail "gateway.Redis needs redis.existingSecret or redis.configuration: without them there is no cluster." -}}
{{- end -}}
{{- $pods := include "heartbeat-gateway.maxPods" . | int -}}
{{- if and (gt $pods 1) (not .Values.allowIndependentReplicas) -}}
{{- fail (printf "%s is %d, but there is no Redis: the gateways would not know of each other's clients, so that takeovers, sends, lists and bans would end at each gateway. Set redis.existingSecret or redis.configuration, or allowIndependentReplicas to true if that is what you want." (ternary "autoscaling.maxReplicas" "replicaCount" .Values.autoscaling.enabled) $pods) -}}
{{- end -}}
{{- end -}}

{{- with .Values.podDisruptionBudget -}}
{{- if and .enabled .minAvailable -}}
{{- $pods := int (ternary $.Values.autoscaling.minReplicas $.Values.replicaCount $.Values.autoscaling.enabled) -}}
{{- if or (eq (toString .minAvailable) "100%") (and (not (kindIs "string" .minAvailable)) (ge (int .minAvailable) $pods)) -}}
{{- fail (printf "podDisruptionBudget.minAvailable is %v, but must be less than the number of pods (%d): otherwise no node with a gateway can be drained." .minAvailable $pods) -}}
{{- end -}}
{{- else if and .enabled (not .maxUnavailable) -}}
{{- fail "podDisruptionBudget needs maxUnavailable or minAvailable." -}}
{{- end -}}
{{- end -}}

{{- with .Values.serviceMonitor -}}
{{- if and .scrapeTimeout (gt (include "heartbeat-gateway.milliseconds" .scrapeTimeout | int) (include "heartbeat-gateway.milliseconds" .interval | int)) -}}
{{- fail (printf "serviceMonitor.scrapeTimeout is %s, but must not exceed serviceMonitor.interval (%s)." .scrapeTimeout .interval) -}}
{{- end -}}
{{- end -}}

{{- if and .Values.sysctls (.Values.podSecurityContext | default dict).sysctls -}}
{{- fail "sysctls and podSecurityContext.sysctls are both set: set only one of them." -}}
{{- end -}}
{{- if .Values.hostNetwork -}}
{{- range concat (.Values.sysctls | default list) ((.Values.podSecurityContext | default dict).sysctls | default list) -}}
{{- if hasPrefix "net." .name -}}
{{- fail (printf "sysctls sets %s, which Kubernetes does not allow with hostNetwork: set it on the nodes." .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and (eq .Values.dnsPolicy "None") (not (.Values.dnsConfig | default dict).nameservers) -}}
{{- fail "dnsPolicy is None, which needs dnsConfig.nameservers." -}}
{{- end -}}

{{- range .Values.extraContainers -}}
{{- if eq .name "gateway" -}}{{- fail "extraContainers has a container with the name gateway, which is the name of the gateway's own container." -}}{{- end -}}
{{- end -}}
{{- range .Values.extraVolumes -}}
{{- if has .name (list "settings" "tls" "client-authority") -}}{{- fail (printf "extraVolumes has a volume with the name %s, which is a volume of this chart." .name) -}}{{- end -}}
{{- end -}}

{{- if and .Values.admin.keys (not .Values.admin.existingSecret) -}}
{{- fail "admin.existingSecret is missing: name a Secret with one entry for each of admin.keys." -}}
{{- end -}}
{{- $admins := list -}}
{{- range $i, $key := .Values.admin.keys -}}
{{- if has $key.id $admins -}}{{- fail (printf "admin.keys[%d].id is %s, which another key uses already." $i $key.id) -}}{{- end -}}
{{- $admins = append $admins $key.id -}}
{{- end -}}

{{- range .Values.extraEnv -}}
{{- $name := lower .name -}}
{{- if hasPrefix "gateway__admin__keys" $name -}}
{{- fail (printf "extraEnv sets %s, which would override admin.keys: use admin.keys instead." .name) -}}
{{- end -}}
{{- if hasPrefix "gateway__webhook__secrets" $name -}}
{{- fail (printf "extraEnv sets %s, which would override webhook.entries: use webhook instead." .name) -}}
{{- end -}}
{{- if has $name (list "gateway__redis__configuration" "gateway__redis__configurationfile" "gateway__redis__nodename") -}}
{{- fail (printf "extraEnv sets %s, which this chart sets itself: use redis.existingSecret or redis.configuration instead; the name of a node is the name of its pod." .name) -}}
{{- end -}}
{{- if hasPrefix "gateway__tokens__keys" $name -}}
{{- fail (printf "extraEnv sets %s, which would override tokens.keys: use tokens.keys instead." .name) -}}
{{- end -}}
{{- if has $name (list "gateway__tcp__endpoint" "gateway__websocket__endpoint" "gateway__draining__duration" "aspnetcore_urls" "aspnetcore_http_ports" "aspnetcore_environment" "dotnet_environment") -}}
{{- fail (printf "extraEnv sets %s, which would contradict the ports, mounts or grace period of this chart: use the chart's values instead." .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
