using System.Globalization;
using HeartbeatGateway.Million.Driving;
using HeartbeatGateway.Million.Measuring;

namespace HeartbeatGateway.Million;

/// <summary>One run: the service, the clients, and what was seen of both.</summary>
internal sealed class Run(Options options, TextWriter output)
{
    private static readonly TimeSpan BetweenScrapes = TimeSpan.FromSeconds(15);
    private static readonly TimeProvider Time = TimeProvider.System;

    /// <summary>The service's default.</summary>
    private static readonly TimeSpan GatewayLimit = TimeSpan.FromSeconds(7);

    private readonly Verdict _verdict = new();

    /// <returns>What it cost, and whether everything held.</returns>
    public async Task<(Figures Figures, bool Held)> GoAsync()
    {
        await using var service = await Service.StartAsync(options);
        var keyring = Service.ClientKeyring();
        var answers = new Answers(options.IsBare ? null : keyring, Time);
        var plan = new Plan(options, Time);
        Write($"{plan.Clients} clients, connecting over {plan.Connecting.TotalSeconds:0} s, then {options.Duration.TotalSeconds:0} s; seed {plan.Seed}");
        var drivers = Enumerable.Range(0, plan.Drivers).Select(i => new Driver(plan, i, service.Listener, keyring, answers, Time)).ToArray();
        var heapBefore = HeapBytes();
        foreach (var driver in drivers) driver.Start();

        await DelayUntilAsync(plan, plan.SteadyFrom);
        var from = Usage.Now(drivers, Time);
        var meter = new Meter(drivers, Time);
        var metering = meter.WatchAsync(plan.Began, plan.SteadyUntil);
        await WatchAsync(service, plan);
        await metering;
        var to = Usage.Now(drivers, Time);
        await DelayUntilAsync(plan, plan.Until);
        var silences = new Silences(drivers, GatewayLimit, Time);
        if (!options.IsBare) await JudgeAsync(service, plan, drivers, silences, meter);

        // It stops everything for seconds, which is one test more: nobody may be closed for that either.
        var heapAfter = HeapBytes();
        var figures = Figures(from, to, meter, (heapAfter - heapBefore) / (double)(plan.Clients - (options.IsBare ? 0 : silences.Silent)));
        Report(figures, silences);
        if (options.IsBare) await LeaveAsync(service, drivers);
        else await LetGoAsync(service, drivers, silences);
        foreach (var driver in drivers) driver.Dispose();
        _verdict.Tell(output, service.Logs);
        return (figures, _verdict.Holds);
    }

    /// <summary>Scrapes as Prometheus would, and asks for its health as an orchestrator would.</summary>
    private async Task WatchAsync(Service service, Plan plan)
    {
        while (Time.GetElapsedTime(plan.Began) + BetweenScrapes < plan.SteadyUntil)
        {
            await Task.Delay(BetweenScrapes, Time);
            var began = Time.GetTimestamp();
            var page = await service.ScrapeAsync();
            var took = Time.GetElapsedTime(began);
            var isLive = await service.IsLiveAsync();
            var clients = options.IsBare ? plan.Clients : page["connected_clients"];
            Write($"{Time.GetElapsedTime(plan.Began).TotalSeconds,4:0} s: {clients} clients, {page["heartbeats_total"]} heartbeats, {page["timeouts_total{kind=\"reader_idle\"}"]} silent; scraped in {took.TotalMilliseconds:0} ms, {Environment.WorkingSet / 1048576} MiB, {(isLive ? "live" : "NOT LIVE")}");
            _verdict.Require(isLive, "The gateway did not say that it is live.");
        }

        await DelayUntilAsync(plan, plan.SteadyUntil);
    }

    private async Task JudgeAsync(Service service, Plan plan, Driver[] drivers, Silences silences, Meter meter)
    {
        var page = await service.ScrapeAsync();
        var unanswered = (await Task.WhenAll(drivers.Select(d => d.CountUnansweredAsync()))).Sum();
        _verdict.Judge(plan, drivers, unanswered, silences, meter);
        _verdict.Judge(plan, silences, page);
        Write($"books           {page["connections_opened_total"]} opened, {page["connected_clients"]} connected, {page["handshaking_connections"]} handshaking, {page.Sum("connections_closed_total")} closed");
    }

    /// <summary>A bare server is left by its clients.</summary>
    private static async Task LeaveAsync(Service service, Driver[] drivers)
    {
        foreach (var driver in drivers) driver.Stop();
        foreach (var driver in drivers) driver.Hang();
        await service.StopAsync();
    }

    /// <summary>The gateway lets its clients go, who beat until they are.</summary>
    private async Task LetGoAsync(Service service, Driver[] drivers, Silences silences)
    {
        var closed = new Silences(drivers, GatewayLimit, Time).ClosedThoughHeard - silences.ClosedThoughHeard;
        _verdict.Require(closed == 0, $"{closed} clients that beat were closed after a full collection of garbage.");
        var (open, began) = (service.OpenConnections, Time.GetTimestamp());
        await service.StopAsync();
        Write($"let go of       {open} in {Time.GetElapsedTime(began).TotalSeconds:0.0} s, {service.OpenConnections} left");
        foreach (var driver in drivers) driver.Stop();
        _verdict.Judge(drivers, service.Logs);
    }

    private static Figures Figures(Usage from, Usage to, Meter meter, double heap)
    {
        var seconds = Time.GetElapsedTime(from.At, to.At).TotalSeconds;
        return new Figures
        {
            HeapBytesPerConnection = heap,
            ResidentBytes = Environment.WorkingSet,
            Cores = (to.Processor - from.Processor).TotalSeconds / seconds,
            PingsPerSecond = (to.Pongs - from.Pongs) / seconds,
            YoungCollections = to.Young - from.Young,
            FullCollections = to.Old - from.Old,
            LongestPauseMilliseconds = meter.LongestPause.TotalMilliseconds,
            LongestLagMilliseconds = meter.LongestLag.TotalMilliseconds,
        };
    }

    private void Report(Figures figures, Silences silences)
    {
        Write($"pings           {figures.PingsPerSecond:0} answered a second, sent {figures.LongestLagMilliseconds:0} ms late at most");
        Write($"processor       {figures.Cores:0.00} cores, {figures.MicrosecondsPerPing:0.00} µs a ping");
        Write($"collections     {figures.YoungCollections} young, {figures.FullCollections} full; longest pause {figures.LongestPauseMilliseconds:0.0} ms");
        Write($"memory          {figures.HeapBytesPerConnection:0} bytes of heap a connection; {figures.ResidentBytes / 1048576:0} MiB resident");
        if (options.IsBare) return;
        Write($"fell silent     {silences.Silent}; closed late by {Milliseconds(0)} at least, p50 {Milliseconds(0.5)}, p99 {Milliseconds(0.99)}, max {Milliseconds(1)}");
        Write($"false timeouts  {silences.ClosedThoughHeard}");

        string Milliseconds(double quantile) => string.Create(CultureInfo.InvariantCulture, $"{silences.Late(quantile).TotalMilliseconds:0.0} ms");
    }

    private static long HeapBytes()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
        return GC.GetTotalMemory(forceFullCollection: false);
    }

    private static async Task DelayUntilAsync(Plan plan, TimeSpan at)
    {
        var left = at - Time.GetElapsedTime(plan.Began);
        if (left > TimeSpan.Zero) await Task.Delay(left, Time);
    }

    private void Write(FormattableString line) => output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
