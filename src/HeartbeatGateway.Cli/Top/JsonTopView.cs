using HeartbeatGateway.Cli.Terminals;

namespace HeartbeatGateway.Cli.Top;

/// <summary>One JSON object a line.</summary>
internal sealed class JsonTopView(CliEnvironment surroundings) : ITopView
{
    public Task ShowAsync(TopSnapshot snapshot) => Json.WriteLineAsync(surroundings.Out, snapshot);

    public Task ShowFailureAsync(string message) => surroundings.WarnAsync(message);
}
