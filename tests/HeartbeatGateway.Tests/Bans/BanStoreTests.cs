using HeartbeatGateway.Bans;
using HeartbeatGateway.Configuration;
using HeartbeatGateway.Server.Bans;
using HeartbeatGateway.Server.Options;
using HeartbeatGateway.Testing;
using HeartbeatGateway.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace HeartbeatGateway.Tests.Bans;

/// <summary>Bans in force and in the file.</summary>
public sealed class BanStoreTests
{
    [Fact]
    public void Bans_survive_a_restart_and_expired_ones_do_not()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("bans.json");
        using (var gateway = new EngineHarness())
        {
            var store = Store(gateway, file);
            store.TryAdd(Make("pump-1") with { ExpiresAt = gateway.Time.GetUtcNow().AddHours(1) }, out _);
            store.TryAdd(Make("pump-2") with { Comment = "kept" }, out _);
        }

        using var later = new EngineHarness();
        later.Time.Advance(TimeSpan.FromHours(1));
        Store(later, file);
        Assert.Equal(("pump-2", "kept"), (later.Engine.Bans.List().Single().Value, later.Engine.Bans.List().Single().Comment));
    }

    [Fact]
    public void A_damaged_file_stops_the_start()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("bans.json");
        File.WriteAllText(file, "{");
        using var gateway = new EngineHarness();
        Assert.Contains(file, Assert.Throws<GatewayOptionsException>(() => Store(gateway, file)).Message, StringComparison.Ordinal);
        Assert.Contains("line 1", BanStore.FindStartFault(new BanOptions { File = file }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_changed_by_hand_is_read_again_and_a_damaged_one_is_reported_once()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("bans.json");
        using var gateway = new EngineHarness();
        var log = new FakeLogger<BanStore>();
        var store = Store(gateway, file, log);
        store.TryAdd(Make("pump-1"), out _);
        File.WriteAllText(file, """{"bans":[{"kind":"client","value":"pump-2"}]}""");
        store.Look();
        Assert.Equal("pump-2", gateway.Engine.Bans.List().Single().Value);

        File.WriteAllText(file, "{");
        store.Look();
        Assert.DoesNotContain(log.Collector.GetSnapshot(), l => l.Level == LogLevel.Error);
        for (var i = 0; i < 3; i++) store.Look();
        Assert.Contains(file, Assert.Single(log.Collector.GetSnapshot(), l => l.Id.Name == "BanFileRefused").Message, StringComparison.Ordinal);
        Assert.Equal("pump-2", gateway.Engine.Bans.List().Single().Value);

        File.WriteAllText(file, """{"bans":[]}""");
        store.Look();
        Assert.Empty(gateway.Engine.Bans.List());
        Assert.Single(log.Collector.GetSnapshot(), l => l.Id.Name == "BanFileUsable");
    }

    [Fact]
    public void A_file_that_is_gone_lifts_nothing_and_is_written_again_with_the_next_change()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("bans.json");
        using var gateway = new EngineHarness();
        var store = Store(gateway, file);
        store.TryAdd(Make("pump-1"), out _);
        File.Delete(file);
        store.Look();
        Assert.Single(gateway.Engine.Bans.List());
        store.TryAdd(Make("pump-2"), out _);
        Assert.Equal(2, new BanFile(file).Read(default)!.Bans.Count);
    }

    [Fact]
    public async Task Automatic_bans_are_saved_by_the_next_look_and_survive_a_change_by_hand()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("bans.json");
        using var gateway = new EngineHarness(o => o.Admission.AutomaticBans = new AutomaticBanOptions { Mode = AutomaticBanMode.Enforce, MaxConnects = 1 });
        var store = Store(gateway, file);
        await gateway.IdentifiedAsync();
        await gateway.Connect().HelloAsync(EngineHarness.Hello());
        Assert.False(File.Exists(file));
        File.WriteAllText(file, """{"bans":[{"kind":"client","value":"by-hand"}]}""");
        store.Look();
        Assert.Equal(["by-hand", "pump-17"], new BanFile(file).Read(default)!.Bans.Select(b => b.Value).Order(StringComparer.Ordinal));
        var written = File.GetLastWriteTimeUtc(file);
        store.Look();
        Assert.Equal(written, File.GetLastWriteTimeUtc(file));
    }

    [Fact]
    public async Task An_automatic_ban_that_cannot_be_saved_is_in_force_and_reported()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("bans.json");
        using var gateway = new EngineHarness(o => o.Admission.AutomaticBans = new AutomaticBanOptions { Mode = AutomaticBanMode.Enforce, MaxConnects = 1 });
        var log = new FakeLogger<BanStore>();
        var store = Store(gateway, file, log);
        Directory.CreateDirectory($"{file}.new");
        await gateway.IdentifiedAsync();
        await gateway.Connect().HelloAsync(EngineHarness.Hello());
        for (var i = 0; i < 3; i++) store.Look();
        Assert.Single(gateway.Engine.Bans.List());
        Assert.Contains("cannot be written", Assert.Single(log.Collector.GetSnapshot(), l => l.Id.Name == "BansNotSaved").Message, StringComparison.Ordinal);
        Directory.Delete($"{file}.new");
        store.Look();
        Assert.Single(new BanFile(file).Read(default)!.Bans);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_reported_at_the_start()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("bans.json");
        Directory.CreateDirectory($"{file}.new");
        using var gateway = new EngineHarness();
        var log = new FakeLogger<BanStore>();
        Store(gateway, file, log);
        Assert.Contains(file, Assert.Single(log.Collector.GetSnapshot(), l => l.Id.Name == "BansNotSaved").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_file_bans_are_kept_in_memory()
    {
        using var gateway = new EngineHarness();
        var store = Store(gateway, file: null);
        Assert.Equal(BanRefusal.None, store.TryAdd(Make("pump-1"), out _));
        store.Look();
        Assert.Equal("pump-1", store.Remove(gateway.Engine.Bans.List().Single().Id)?.Value);
        Assert.Null(store.Remove("b-unknown"));
    }

    private static BanStore Store(EngineHarness gateway, string? file, FakeLogger<BanStore>? log = null)
    {
        var store = new BanStore(gateway.Engine, new ServiceOptions { Bans = { File = file } }, gateway.Time, log ?? new FakeLogger<BanStore>());
        store.Load();
        return store;
    }

    private static Ban Make(string clientId) => Ban.TryCreate(BanKind.Client, clientId, out var ban, out var error) ? ban : throw new ArgumentException(error, nameof(clientId));
}
