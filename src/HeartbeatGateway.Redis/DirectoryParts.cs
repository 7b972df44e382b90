using System.Diagnostics.Metrics;
using HeartbeatGateway.Redis.Directory;

namespace HeartbeatGateway.Redis;

/// <summary>The directory of one node, put together.</summary>
internal sealed class DirectoryParts : IAsyncDisposable
{
    private static readonly TimeSpan DrainFor = TimeSpan.FromSeconds(2);

    private readonly RedisConnection _connection;
    private readonly BackgroundWork _work;
    private readonly HeldNotices _notices;
    private readonly ILogger _logger;

    public DirectoryParts(RedisConnection connection, RedisKeys keys, INodeChannel channel, IMeterFactory meterFactory, ILogger logger)
    {
        var (options, timeProvider) = (connection.Options, connection.TimeProvider);
        (_connection, _logger, Channel) = (connection, logger, channel);
        _work = new BackgroundWork(timeProvider, logger);
        Node = new NodeIdentity(options, timeProvider);
        Health = new RedisHealth(timeProvider, logger);
        Calls = new DirectoryCalls(connection, Health);
        var metrics = new DirectoryMetrics(
            meterFactory, () => IsDegraded || Health.IsAnyDown, () => Enterer!.Waiting + Leaver!.Waiting + Restorer!.Waiting, timeProvider);
        var clock = new RedisClock(timeProvider);
        var markers = new BootMarkers(logger);
        var batches = new ScriptBatches(Calls, metrics, clock, markers, timeProvider);
        var unclaimed = new UnclaimedMembers();
        var held = new HeldStore(Calls, keys);
        Repeated = new RepeatedQuestions(channel, Calls, keys, _work, timeProvider);
        var leaves = new LeaveBatch(batches, keys, Node, options, timeProvider);
        Leaver = new Leaver(leaves, unclaimed, metrics, timeProvider, logger);
        Takeovers = new Takeovers(channel, Local, Node, Leaver, Repeated, _work, timeProvider);
        Taker = new KeptTaker(Calls, keys, clock, _work, timeProvider, logger);
        var outcomes = new RestoreOutcomes(Local, unclaimed, Takeovers, Leaver, Taker, metrics, _work);
        Lease = new Lease(Calls, keys, Node, options, clock, timeProvider);
        var restores = new RestoreBatch(batches, keys, Node, options, clock, timeProvider);
        Restorer = new Restorer(Local, unclaimed, restores, outcomes, Lease, _work, timeProvider, logger);
        Takeovers.Recheck = outcomes.Compare = Restorer.Add;
        _notices = new HeldNotices(channel, Local, Node, Repeated, Restorer.Add, _work);
        held.HeldForConnected = Leaver.KeptForConnected = _notices.Tell;
        markers.Lost = partition =>
        {
            Restorer.Want(partition);
            Restorer.Run();
        };
        var late = new LateAnswers(Local, Restorer, Leaver, _work);
        Enterer = new Enterer(options, new EnterBatch(batches, Taker, keys, Node, options, clock), Takeovers, late, Node, Lease, metrics, timeProvider);
        Reads = new DirectoryReads(Calls, keys, held, clock);
        Reaper = new Reaper(Calls, keys, Node, Restorer, options, metrics, timeProvider, logger);
        Reconciler = new Reconciler(Local, Restorer, leaves, Node, new DirectoryScan(Calls, keys), metrics, timeProvider, logger);
        Keeper = new LeaseKeeper(Lease, Node, Restorer, Leaver, Reaper, new PartitionProbe(Calls, keys, markers), channel, new LeaseReport(metrics, logger));
    }

    public INodeChannel Channel { get; }

    public LocalClients Local { get; } = new();

    public NodeIdentity Node { get; }

    public RedisHealth Health { get; }

    public DirectoryCalls Calls { get; }

    public Takeovers Takeovers { get; }

    public RepeatedQuestions Repeated { get; }

    public KeptTaker Taker { get; }

    public Enterer Enterer { get; }

    public Leaver Leaver { get; }

    public Restorer Restorer { get; }

    public Lease Lease { get; }

    public LeaseKeeper Keeper { get; }

    public Reaper Reaper { get; }

    public Reconciler Reconciler { get; }

    public DirectoryReads Reads { get; }

    public bool IsDegraded => !_connection.IsConnected || Health.IsDown;

    /// <summary>Begins to renew the lease and to compare.</summary>
    public void Start()
    {
        Takeovers.Start();
        _notices.Start();
        Channel.Listen(Node.Self.Epoch);
        _work.RunAlways("check the servers", () => new ServerCheck(_connection, _logger).RunAsync(_work.Stopping));
        new DirectoryLoops(Keeper, Reconciler, Health, _connection.Options, _connection.TimeProvider, _work).Start();
    }

    /// <summary>Sends the departures that wait, also those that could not be sent before, within 2 s, and ends the lease.</summary>
    public async ValueTask DisposeAsync()
    {
        // It may have come back since the last call.
        if (_connection.IsConnected) Leaver.SendAgain();
        var (clock, started) = (_connection.TimeProvider, _connection.TimeProvider.GetTimestamp());
        while (_connection.IsConnected && !Leaver.IsIdle && clock.GetElapsedTime(started) < DrainFor) await Task.Delay(TimeSpan.FromMilliseconds(10), clock);
        await _work.DisposeAsync();
        try
        {
            if (!IsDegraded) await Lease.EndAsync();
        }
        catch (Exception e) when (RedisConnection.IsFailure(e))
        {
            // RedisHealth has logged it. The lease ends by itself.
        }

        Enterer.Dispose();
        Leaver.Dispose();
        Restorer.Dispose();
    }
}
