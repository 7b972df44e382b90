using HeartbeatGateway.Protocol.Identity;
using HeartbeatGateway.Testing;
using Microsoft.AspNetCore.Connections;

namespace HeartbeatGateway.Server.Tests.Clients;

/// <summary>One connection of a storm, with what it was told.</summary>
internal sealed class StormClient(InMemoryClient client, HelloPayload hello)
{
    public string ClientId => hello.ClientId;

    public HelloPayload Hello => hello;

    /// <summary>The generation of its welcome; null for a ghost, and for one that ended before it was welcomed.</summary>
    public long? Generation { get; private set; }

    public string? SessionId { get; private set; }

    public bool HungUp { get; private set; }

    public bool WasToldToClose { get; private set; }

    public bool IsDone => client.Handler.IsCompleted;

    public Task SayHelloAsync() => client.HelloAsync(hello);

    public async Task PingThenHelloAsync()
    {
        await client.PingAsync();
        await client.HelloAsync(hello);
    }

    public void HangUp(bool reset)
    {
        HungUp = true;
        client.CloseOutput(reset ? new ConnectionResetException("The storm reset it.") : null);
    }

    /// <summary>Reads what has come; hangs up when it is told to go.</summary>
    public void Listen()
    {
        foreach (var (type, content) in client.TakeFrames())
        {
            Assert.False(WasToldToClose, $"A {type} came after the close frame.");
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
                    WasToldToClose = true;
                    break;
                default:
                    Assert.Equal("ping", type);
                    break;
            }
        }

        if (WasToldToClose && !HungUp) HangUp(reset: false);
    }
}
