using System.Globalization;
using HeartbeatGateway.Server.Connection;

namespace HeartbeatGateway.Server.Tests.Connection;

public sealed class PostBurstGcTests
{
    /// <summary>Samples, each as the number of connections closed so far and the number of open connections.</summary>
    [Theory]
    [InlineData("0/18000 0/18000 18000/0 18000/0 18000/0", 1)]
    [InlineData("18000/1 18000/1", 1)]
    [InlineData("9000/9000 14000/4000 18000/0", 0)]
    [InlineData("9000/9000 14000/4000 18000/0 18001/0 18002/0", 1)]
    [InlineData("0/18000 2000/16000 2000/16000 2000/16000", 0)]
    [InlineData("0/900 900/0 900/0", 0)]
    [InlineData("2000/0 2000/0 4000/0 4000/0 4000/0", 2)]
    [InlineData("5000/100 10000/100 15000/100 20000/100", 0)]
    public void Memory_is_collected_once_after_each_wave_and_not_while_many_connections_close(string samples, int collections)
    {
        var collected = 0;
        var memory = new PostBurstGc(() => collected++);
        foreach (var sample in samples.Split(' ').Select(l => l.Split('/'))) memory.Note(long.Parse(sample[0], CultureInfo.InvariantCulture), int.Parse(sample[1], CultureInfo.InvariantCulture));
        Assert.Equal(collections, collected);
    }

    /// <summary>Samples, each as the number of connections opened so far and the number of open connections.</summary>
    [Theory]
    [InlineData("18000/18000 18000/18000 18000/18000", 1)]
    [InlineData("9000/9000 18000/18000 18050/18050 18060/18060", 1)]
    [InlineData("18000/18000 18000/18000 22000/22000 22000/22000", 1)]
    [InlineData("18000/18000 18000/18000 54000/18000 54000/18000", 2)]
    [InlineData("5000/5000 10000/10000 15000/15000 20000/20000", 0)]
    [InlineData("900/900 900/900", 0)]
    [InlineData("18000/0 18000/0", 0)]
    [InlineData("100001/100001 100001/100001", 0)]
    [InlineData("100000/100000 100000/100000", 1)]
    public void Memory_is_collected_once_after_many_connections_have_opened(string samples, int collections)
    {
        var collected = 0;
        var memory = new PostBurstGc(() => collected++);
        foreach (var sample in samples.Split(' ').Select(l => l.Split('/'))) memory.NoteOpened(long.Parse(sample[0], CultureInfo.InvariantCulture), int.Parse(sample[1], CultureInfo.InvariantCulture));
        Assert.Equal(collections, collected);
    }
}
