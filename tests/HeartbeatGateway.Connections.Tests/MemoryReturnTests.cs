namespace HeartbeatGateway.Connections.Tests;

public sealed class MemoryReturnTests
{
    [Theory]
    [InlineData("100 18000 18000 9000 100 100 100", 1)]
    [InlineData("18000 18000 17000 16000 16000", 0)]
    [InlineData("18000 8000 8000 8000 3000 3000", 2)]
    [InlineData("900 0 0 0", 0)]
    [InlineData("2000 0 0 2000 0 0", 2)]
    [InlineData("18000 9000 4000 1000 500", 0)]
    public void Memory_is_given_back_once_after_each_wave_and_not_while_it_falls(string connections, int collections)
    {
        var collected = 0;
        var memory = new MemoryReturn(() => collected++);
        foreach (var count in connections.Split(' ')) memory.Note(int.Parse(count, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(collections, collected);
    }
}
