using HeartbeatGateway.Client;

namespace HeartbeatGateway.Cli.Connect;

/// <summary>Shows the events of a client. Called from several threads; each call is one event.</summary>
internal interface IConnectView
{
    void State(GatewayClientState state);

    void Heartbeat(TimeSpan rtt);

    void Received(GatewayClientMessage message);

    void Sent(string type, int bytes);

    void Acknowledged(string type, int bytes, long number, TimeSpan after);

    void Dropped(MessageDropReason reason, long count);

    void Note(string text);

    void End(ConnectSummary summary);
}
