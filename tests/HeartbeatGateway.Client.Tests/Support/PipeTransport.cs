using System.Net;
using HeartbeatGateway.Client.Transport;

namespace HeartbeatGateway.Client.Tests.Support;

/// <summary>The client's end of an in-memory connection.</summary>
internal sealed class PipeTransport(PipeStream stream, EndPoint remote, Action closed) : ClientTransport(stream)
{
    public override EndPoint RemoteEndPoint => remote;

    public override bool HasUnreadInput => ClaimsUnreadInput;

    public bool ClaimsUnreadInput { get; set; }

    public PipeStream Pipe => stream;

    public override ValueTask ShutdownOutputAsync()
    {
        stream.ShutdownOutput();
        return ValueTask.CompletedTask;
    }

    public override void Abort() => stream.Abort();

    public override async ValueTask DisposeAsync()
    {
        await Wire.DisposeAsync();
        closed();
    }
}
