namespace HeartbeatGateway.Cli.Tests.Api;

/// <summary>Answers of a gateway, as docs/api.md gives them.</summary>
internal static class Contract
{
    public const string Entry = """{"connectionId":"4711","clientId":"pump-17","state":"connected","address":"192.0.2.17","port":50112,"keyId":"k1","connectedAt":"2026-11-22T09:27:02.7+00:00","ageSeconds":1977.3,"idleSeconds":4.2,"heartbeatJitterSeconds":0.01,"rttSeconds":0.0231,"retransmits":3,"bytesIn":62410,"bytesOut":62410,"pendingBytes":0,"reconnects":2,"library":"acme-pump/2.1"}""";
    public const string Anonymous = """{"connectionId":"12","clientId":null,"state":"handshaking","address":"2001:db8::7","port":40001,"keyId":null,"connectedAt":"2026-11-22T09:59:59+00:00","ageSeconds":1,"idleSeconds":1,"heartbeatJitterSeconds":0,"rttSeconds":null,"retransmits":null,"bytesIn":0,"bytesOut":0,"pendingBytes":0,"reconnects":0,"library":null}""";
    public const string Tcp = """{"rttSeconds":0.0231,"rttVariationSeconds":0.0042,"retransmits":3,"pendingRetransmits":0,"unacknowledged":0,"lastAcknowledgementSeconds":4.2}""";
    public const string Details = $$"""{"connection":{{Entry}},"proxyAddress":null,"generation":1795341600123,"sessionId":"5e0d7a2c9b6f4c1e8a3d2f4b6c8e0a1b","tls":null,"heartbeat":{"lastPingSeconds":4.2,"gapsSeconds":[5.0,5.01,5.0,5.02],"jitterSeconds":0.01,"timeoutSeconds":7.5,"isNegotiated":true},"traffic":{"bytesIn":62410,"bytesOut":62410,"framesIn":395,"framesOut":395,"pendingBytes":0,"lastReadSeconds":4.2,"lastWriteSeconds":4.2},"tcp":{{Tcp}},"features":["notice"]}""";
    public const string Lost = """{"number":4711,"time":"2026-11-22T03:12:07.5+00:00","connectionId":"12","clientId":"pump-17","generation":1795341600123,"address":"192.0.2.17","port":50112,"keyId":"k1","reason":"reader_idle","detail":null,"origin":"network","connectedAt":"2026-11-22T02:39:10+00:00","durationSeconds":1977.3,"bytesIn":1,"bytesOut":1,"framesIn":1,"framesOut":1,"postMortem":{"cause":"network_loss","limitSeconds":7.5,"silentSeconds":7.52,"usualGapSeconds":5.0,"gapsSeconds":[5.0,5.01,7.1],"stallSeconds":0,"tcp":{"rttSeconds":0.0231,"rttVariationSeconds":0.0042,"retransmits":9,"pendingRetransmits":4,"unacknowledged":2,"lastAcknowledgementSeconds":7.9}}}""";
    public const string Left = """{"number":4712,"time":"2026-11-22T03:13:00+00:00","connectionId":"13","clientId":null,"generation":null,"address":"192.0.2.18","port":50113,"keyId":null,"reason":"peer_closed","detail":null,"origin":"client","connectedAt":"2026-11-22T03:12:50+00:00","durationSeconds":10,"bytesIn":1,"bytesOut":1,"framesIn":1,"framesOut":1,"postMortem":null}""";
    public const string Disconnects = $$"""{"disconnects":[{{Lost}},{{Left}}],"next":null}""";
    public const string Clients = $$"""{"clients":[{{Entry}},{{Anonymous}}],"next":null,"watermark":18250}""";
    public const string Status = """{"version":"0.1.0+abc","startedAt":"2026-11-22T09:58:33.5+00:00","uptimeSeconds":86.5,"isStopping":false,"connectedClients":18000,"openConnections":18003,"watermark":18250,"caller":"operator","scope":"admin"}""";
    public const string Ban = """{"id":"b-1f3a","kind":"client","value":"pump-17","comment":"stolen","createdAt":"2026-11-22T10:00:00+00:00","createdBy":"operator","expiresAt":null,"isAutomatic":false,"refused":12,"matchingCount":1,"matching":["pump-17"]}""";
    public const string Draining = """{"state":"draining","startedAt":"2026-11-22T10:00:00+00:00","startedBy":"operator","durationSeconds":30,"connections":18003,"closed":600,"remaining":17403}""";
    public const string Drained = """{"state":"drained","startedAt":"2026-11-22T10:00:00+00:00","startedBy":"operator","durationSeconds":30,"connections":18003,"closed":18003,"remaining":0}""";
    public const string NotDraining = """{"state":"none","startedAt":null,"startedBy":null,"durationSeconds":null,"connections":18003,"closed":0,"remaining":0}""";
    public const string Config = """{"options":[{"name":"Gateway:Tcp:Endpoint","value":"0.0.0.0:8081","isSet":true,"isShown":true,"origin":"appsettings.json"},{"name":"Gateway:Heartbeat:ReaderIdle","value":"00:00:07","isSet":false,"isShown":true,"origin":null},{"name":"Gateway:Tokens:Keys:0:Secret","value":null,"isSet":true,"isShown":false,"origin":"environment"}]}""";
    public const string Event = """{"sequence":18251,"time":"2026-11-22T03:12:07.5+00:00","clientId":"pump-17","connectionId":"12","generation":1795341600123,"sessionId":"5e0d7a2c9b6f4c1e8a3d2f4b6c8e0a1b","address":"192.0.2.17","reason":"reader_idle","origin":"network","cause":"network_loss","previousConnectionId":"11"}""";

    public const string Delivery = """{"number":1,"time":"2026-11-22T03:12:07.5+00:00","messageId":"5c3e0f6d2a1b4897-43","clientId":"pump-17","result":"delivered"}""";

    public const string Nodes = """{"nodes":[{"name":"gateway-0","epoch":"0f1e2d3c4b5a69788796a5b4c3d2e1f0","startedAt":"2026-11-22T09:58:33.5+00:00","version":"0.1.0+abc","isSelf":true,"isAnswering":true,"connectedClients":18000,"openConnections":18003,"isDraining":false},{"name":"gateway-1","epoch":"7a1e2d3c4b5a69788796a5b4c3d2e1f0","startedAt":"2026-11-22T09:59:00+00:00","version":"0.1.0+abc","isSelf":false,"isAnswering":false,"connectedClients":null,"openConnections":null,"isDraining":null}],"isDegraded":false}""";

    /// <summary>A gateway with all of these answers.</summary>
    public static FakeApi Gateway() => new FakeApi()
        .On("GET status", Status)
        .On("GET nodes", Nodes)
        .On("GET clients", Clients)
        .On("GET clients/pump-17", Details)
        .On("GET connections/4711", Details)
        .On("GET disconnects", Disconnects)
        .On("POST messages", """{"results":[{"clientId":"pump-17","result":"queued","messageId":"5c3e0f6d2a1b4897-41","numbered":true},{"clientId":"pump-18","result":"gone","messageId":"5c3e0f6d2a1b4897-42","numbered":false}]}""")
        .On("POST messages?wait=5", """{"results":[{"clientId":"pump-17","result":"delivered","messageId":"5c3e0f6d2a1b4897-43","numbered":true},{"clientId":"pump-18","result":"held","messageId":"5c3e0f6d2a1b4897-44","numbered":true}]}""")
        .On("GET deliveries", Reply.Events($"event: delivered\nid: run-1\ndata: {Delivery}\n\n"))
        .On("POST broadcast", """{"queued":18003}""")
        .On("POST disconnect", """{"matched":1,"closed":0,"results":[{"connectionId":"4711","clientId":"pump-17","result":"matched"}]}""")
        .On("GET bans", $$$"""{"bans":[{{{Ban}}}],"automatic":{"mode":"off"}}""")
        .On("POST bans", new Reply(201, $$"""{"ban":{{Ban}},"closed":1}"""))
        .On("DELETE bans/b-1f3a", new Reply(204, ""))
        .On("GET drain", Draining, Drained)
        .On("POST drain", new Reply(202, Draining))
        .On("DELETE drain", NotDraining)
        .On("GET config", Config);
}
