using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Testing;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server.Tests.Clients;

/// <summary>One connection of the takeover storm, with the frames that it received.</summary>
internal sealed class StormClient(InMemoryClient client, HelloPayload hello)
{
    public string ClientId => hello.ClientId;

    public HelloPayload Hello => hello;

    /// <summary>The generation of its welcome. Null for a ghost, and for a connection that ended before its welcome.</summary>
    public long? Generation { get; private set; }

    public string? SessionId { get; private set; }

    public bool HungUp { get; private set; }

    public bool ReceivedClose { get; private set; }

    /// <summary>The gateway's handler has ended, and not by an exception.</summary>
    public bool IsDone
    {
        get
        {
            if (client.Handler.IsCompleted) client.Handler.GetAwaiter().GetResult();
            return client.Handler.IsCompleted;
        }
    }

    public Task SendHelloAsync() => client.HelloAsync(hello);

    public async Task PingThenHelloAsync()
    {
        await client.PingAsync();
        await client.HelloAsync(hello);
    }

    public void HangUp(bool reset)
    {
        HungUp = true;
        client.CloseOutput(reset ? new ConnectionResetException("The test reset the connection.") : null);
    }

    /// <summary>Reads the received frames. Closes its side after a close frame.</summary>
    public void ReadFrames()
    {
        foreach (var (type, content) in client.TakeFrames())
        {
            Assert.False(ReceivedClose, $"A {type} came after the close frame.");
            using var json = content.Length > 0 ? System.Text.Json.JsonDocument.Parse(content) : null;
            switch (type)
            {
                case "welcome":
                    Assert.Null(Generation);
                    Generation = json!.RootElement.GetProperty("generation").GetInt64();
                    SessionId = json.RootElement.GetProperty("sessionId").GetString();
                    break;
                case "close":
                    Assert.Contains("close", hello.Features);
                    ReceivedClose = true;
                    break;
                default:
                    Assert.Equal("ping", type);
                    break;
            }
        }

        if (ReceivedClose && !HungUp) HangUp(reset: false);
    }
}
