using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Top;

/// <summary>Writes one JSON object per line.</summary>
internal sealed class JsonTopView(CliEnvironment environment) : ITopView
{
    public Task ShowAsync(TopSnapshot snapshot) => Json.WriteLineAsync(environment.Out, snapshot);

    public Task ShowFailureAsync(string message) => environment.WarnAsync(message);
}
