using HeartbeatGateway.Testing;

namespace HeartbeatGateway.Fuzz;

/// <summary>A client on pipes: the engine processes what it sends before the send returns.</summary>
internal sealed class PipeClient(EngineHarness gateway) : IFuzzedClient
{
    private readonly InMemoryClient _client = gateway.Connect();

    public Task Handler => _client.Handler;

    public Task SendAsync(ReadOnlyMemory<byte> bytes) => _client.SendAsync(bytes);

    public void DiscardAnswers() => _client.DiscardAnswers();

    public void End(bool isReset)
    {
        if (isReset) _client.CloseInput();
        _client.CloseOutput(isReset ? new IOException("The peer closed the connection.") : null);
    }

    /// <summary>Pipes hold nothing that must be given back.</summary>
    public void Dispose()
    {
    }
}
