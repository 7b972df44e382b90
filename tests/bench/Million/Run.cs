using System.Globalization;
using HeartbeatGateway.Million.Driving;
using HeartbeatGateway.Million.Measuring;

namespace HeartbeatGateway.Million;

/// <summary>One run: starts the service and the clients, measures both, and judges the result.</summary>
internal sealed class Run(Options options, TextWriter output)
{
    private static readonly TimeSpan BetweenScrapes = TimeSpan.FromSeconds(15);
    private static readonly TimeProvider Time = TimeProvider.System;

    /// <summary>The service's default idle timeout.</summary>
    private static readonly TimeSpan GatewayLimit = TimeSpan.FromSeconds(7);

    private readonly Verdict _verdict = new();

    /// <returns>The figures of the run, and whether the pass condition held.</returns>
    public async Task<(Figures Figures, bool Held)> RunAsync()
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

        // A full collection pauses all threads for seconds. This is an additional test: the pause must not close a client either.
        var heapAfter = HeapBytes();
        var figures = Figures(from, to, meter, (heapAfter - heapBefore) / (double)(plan.Clients - (options.IsBare ? 0 : silences.Silent)));
        Report(figures, silences);
        if (options.IsBare) await CloseClientsAsync(service, drivers);
        else await DrainAsync(service, drivers, silences);
        foreach (var driver in drivers) driver.Dispose();
        _verdict.Report(output, service.Logs);
        return (figures, _verdict.Holds);
    }

    /// <summary>Scrapes metrics as Prometheus does, and probes liveness as an orchestrator does.</summary>
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
            var (heartbeats, timeouts) = (page["heartbeats_total"], page.Sum("timeouts_total", "kind=\"reader_idle\""));
            var (seconds, resident) = (Time.GetElapsedTime(plan.Began).TotalSeconds, Environment.WorkingSet / 1048576);
            var (scraped, liveness) = (took.TotalMilliseconds, isLive ? "live" : "NOT LIVE");
            Write($"{seconds,4:0} s: {clients} clients, {heartbeats} heartbeats, {timeouts} silent; scraped in {scraped:0} ms, {resident} MiB, {liveness}");
            _verdict.Require(isLive, "The liveness probe of the gateway failed.");
        }

        await DelayUntilAsync(plan, plan.SteadyUntil);
    }

    private async Task JudgeAsync(Service service, Plan plan, Driver[] drivers, Silences silences, Meter meter)
    {
        var page = await service.ScrapeAsync();
        var unanswered = (await Task.WhenAll(drivers.Select(d => d.CountUnansweredAsync()))).Sum();
        _verdict.Judge(plan, drivers, unanswered, silences, meter);
        _verdict.Judge(plan, silences, page);
        var (opened, connected) = (page["connections_opened_total"], page["connected_clients"]);
        var (handshaking, closed) = (page["handshaking_connections"], page.Sum("connections_closed_total"));
        Write($"connections     {opened} opened, {connected} connected, {handshaking} handshaking, {closed} closed");
    }

    /// <summary>Closes all clients of a bare server, which cannot drain, and stops it.</summary>
    private static async Task CloseClientsAsync(Service service, Driver[] drivers)
    {
        foreach (var driver in drivers) driver.Stop();
        foreach (var driver in drivers) driver.Close();
        await service.StopAsync();
    }

    /// <summary>Stops the gateway, which drains its clients; the clients send heartbeats until they are closed.</summary>
    private async Task DrainAsync(Service service, Driver[] drivers, Silences silences)
    {
        var closed = new Silences(drivers, GatewayLimit, Time).ClosedThoughHeard - silences.ClosedThoughHeard;
        _verdict.Require(closed == 0, $"{closed} clients that sent heartbeats were closed after a full garbage collection.");
        var (open, began) = (service.OpenConnections, Time.GetTimestamp());
        await service.StopAsync();
        Write($"drained         {open} in {Time.GetElapsedTime(began).TotalSeconds:0.0} s, {service.OpenConnections} left");
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
        var (min, p50, p99, max) = (Milliseconds(0), Milliseconds(0.5), Milliseconds(0.99), Milliseconds(1));
        Write($"silent clients  {silences.Silent}; closed late by {min} at least, p50 {p50}, p99 {p99}, max {max}");
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
