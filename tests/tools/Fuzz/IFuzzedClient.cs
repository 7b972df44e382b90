namespace HeartbeatGateway.Fuzz;

/// <summary>The client's end of a connection to an engine.</summary>
internal interface IFuzzedClient : IDisposable
{
    /// <summary>Completes when the engine has finished with the connection.</summary>
    Task Handler { get; }

    /// <summary>Sends bytes. Bytes for a connection that the engine has closed are dropped.</summary>
    Task SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Discards what the engine has sent so far.</summary>
    void DiscardAnswers();

    /// <summary>Closes the client's side.</summary>
    /// <param name="isReset">The connection breaks; otherwise the client half-closes it.</param>
    void End(bool isReset);
}
