using System.CommandLine;
using System.Globalization;
using HeartbeatGateway.Cli.Api.Models;
using HeartbeatGateway.Cli.Api.Output;
using HeartbeatGateway.Cli.Options;

namespace HeartbeatGateway.Cli.Api.Clients;

/// <summary>Conditions that choose connections; <c>clients</c> and <c>disconnect</c> share them.</summary>
internal sealed class ClientFilterOptions
{
    private readonly Option<string?> _prefix = new("--prefix") { Description = "The beginning of the client id.", HelpName = "text" };
    private readonly Option<string?> _address = new("--address") { Description = "The address of the client, or its network, such as 192.0.2.0/24.", HelpName = "cidr" };
    private readonly Option<string?> _state = new("--state") { Description = "handshaking (no valid frame yet), connected or closing.", HelpName = "state" };
    private readonly Option<string?> _key = new("--key-id") { Description = "The id of the key that the client signs with.", HelpName = "id" };
    private readonly Option<string?> _before = Moment.Option("--connected-before", "Connected before this time.");
    private readonly Option<string?> _after = Moment.Option("--connected-after", "Connected after this time.");
    private readonly Option<TimeSpan?> _idle = Duration.Optional("--idle-longer-than", "No byte from the client for this time.");

    public ClientFilterOptions() => _state.AcceptOnlyFromAmong(ApiNames.States);

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_prefix, _address, _state, _key, _before, _after, _idle]) command.Add(option);
    }

    /// <summary>The conditions; null when there are none.</summary>
    public FilterBody? Read(ApiRun run)
    {
        var p = run.Parsed;
        var filter = new FilterBody(
            p.GetValue(_prefix), p.GetValue(_address), p.GetValue(_state), p.GetValue(_key), Moment.Read(p, _before, run.Now), Moment.Read(p, _after, run.Now),
            p.GetValue(_idle)?.TotalSeconds);
        return filter == new FilterBody(null, null, null, null, null, null, null) ? null : filter;
    }

    /// <summary>Adds the conditions to the query of a list.</summary>
    public ApiQuery AddTo(ApiQuery query, ApiRun run) => Read(run) is not { } f
        ? query
        : query.Add("prefix", f.Prefix).Add("address", f.Address).Add("state", f.State).Add("key", f.Key).Add("connectedBefore", f.ConnectedBefore)
            .Add("connectedAfter", f.ConnectedAfter).Add("idleLongerThan", f.IdleLongerThan?.ToString("0.######", CultureInfo.InvariantCulture));
}
