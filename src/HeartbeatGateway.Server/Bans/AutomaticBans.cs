using System.Globalization;
using HeartbeatGateway.Server.Connection;
using HeartbeatGateway.Server.Context;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Server.Telemetry;

namespace HeartbeatGateway.Server.Bans;

/// <summary>
/// Bans client ids and addresses that connect too often, or reports that it would. It is told of verified hellos only: what a peer sends without a key,
/// or sends again, counts for nobody.
/// </summary>
internal sealed class AutomaticBans(EngineContext context, BanList bans)
{
    /// <summary>The name of the gateway as the maker of bans. No key of the API has it: ids contain no parentheses.</summary>
    public const string CreatedBy = "(automatic)";

    private const int MaxListed = 100;

    private readonly Lock _lock = new();
    private readonly ConnectCounter<string> _clients = new();
    private readonly ConnectCounter<AddressKey> _addresses = new();
    private readonly ObservedBans _observed = new();
    private long _made;
    private long _wouldHaveMade;

    /// <summary>Counts a hello whose token verified for the first time.</summary>
    public void Count(GatewayConnection connection, string clientId)
    {
        if (context.Settings.AutomaticBans is not { } rules) return;
        var remote = connection.RemoteEndPoint;
        var isBannable = rules.MaxConnectsPerAddress > 0 && bans.IsBannable(remote);
        int byClient, byAddress;
        lock (_lock)
        {
            var now = context.Now;
            byClient = rules.MaxConnects > 0 ? _clients.Count(clientId, now, rules.WindowUnits) : 0;
            byAddress = isBannable ? _addresses.Count(connection.Address, now, rules.WindowUnits) : 0;
        }

        if (byClient > rules.MaxConnects) Act(BanKind.Client, clientId, rules.MaxConnects, rules, connection);
        if (byAddress > rules.MaxConnectsPerAddress) Act(BanKind.Address, $"{connection.Address}", rules.MaxConnectsPerAddress, rules, connection);
    }

    public AutomaticBanReport Report()
    {
        var mode = context.Settings.AutomaticBans switch
        {
            null => AutomaticBanMode.Off,
            { IsEnforced: true } => AutomaticBanMode.Enforce,
            _ => AutomaticBanMode.Observe,
        };
        lock (_lock)
        {
            var wouldBe = mode == AutomaticBanMode.Observe ? _observed.Latest(MaxListed, context.TimeProvider.GetUtcNow()) : [];
            return new AutomaticBanReport(mode, _made, _wouldHaveMade, wouldBe);
        }
    }

    private void Act(BanKind kind, string value, int allowed, AutomaticBanRules rules, GatewayConnection connection)
    {
        if (!Ban.TryCreate(kind, value, out var made, out var error)) throw new InvalidOperationException(error);
        var now = context.TimeProvider.GetUtcNow();
        var ban = made with
        {
            Comment = string.Create(CultureInfo.InvariantCulture, $"more than {allowed} hellos within {rules.Window.TotalSeconds:0.###} s"),
            CreatedAt = now,
            CreatedBy = CreatedBy,
            ExpiresAt = now + rules.Duration,
            IsAutomatic = true,
        };
        if (rules.IsEnforced) Enforce(ban, connection);
        else Observe(ban, now, connection);
    }

    private void Observe(Ban ban, DateTimeOffset now, GatewayConnection connection)
    {
        lock (_lock)
        {
            if (!_observed.TryAdd(ban, now)) return;
            _wouldHaveMade++;
        }

        context.Metrics.AutomaticBan(isEnforced: false);
        if (MayLog(connection)) context.Logger.AutomaticBanObserved(ban.Kind.ToName(), ban.Value, ban.Comment!, connection.RemoteEndPoint);
    }

    private void Enforce(Ban ban, GatewayConnection connection)
    {
        if (!bans.TryAdd(ban))
        {
            if (MayLog(connection)) context.Logger.AutomaticBansFull(ban.Value, ban.Comment!);
            return;
        }

        lock (_lock)
        {
            _made++;
            // Its next window begins when the ban is over, or is lifted.
            if (ban.Kind == BanKind.Client) _clients.Forget(ban.Value);
            else _addresses.Forget(connection.Address);
        }

        context.Metrics.AutomaticBan(isEnforced: true);
        if (MayLog(connection)) context.Logger.AutomaticBanMade(ban.Kind.ToName(), ban.Value, ban.ExpiresAt!.Value, ban.Comment!, connection.RemoteEndPoint);
        // A walk over all connections, which must not keep this thread from serving others. The present one is refused by the caller, which knows
        // whether it understands a close frame.
        ThreadPool.UnsafeQueueUserWorkItem(
            static state => state.Bans.CloseMatches(state.Ban, state.Except), (Bans: bans, Ban: ban, Except: connection), preferLocal: false);
    }

    private bool MayLog(GatewayConnection connection) => context.MayLog(LogLevel.Warning, LineKind.Limit, connection.Address);
}
