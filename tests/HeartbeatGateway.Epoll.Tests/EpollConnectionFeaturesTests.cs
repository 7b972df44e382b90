using HeartbeatGateway.Epoll.Tests.Support;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace HeartbeatGateway.Epoll.Tests;

public sealed class EpollConnectionFeaturesTests : IDisposable
{
    private static readonly Type[] Types = [typeof(int), typeof(long), typeof(string), typeof(Version), typeof(Uri), typeof(char), typeof(byte)];

    private readonly EpollLoop _loop;
    private readonly EpollConnection _connection;

    public EpollConnectionFeaturesTests()
    {
        Wire.SkipUnlessLinux();
        _loop = Transports.MakeLoop();
        _connection = new EpollConnection(_loop, -1, remote: null);
    }

    public void Dispose() => _loop.Dispose();

    [Fact]
    public void They_are_kept_and_removed_as_in_the_framework()
    {
        var random = new Random(7);
        var model = new FeatureCollection();
        for (var step = 0; step < 10_000; step++)
        {
            var type = Types[random.Next(Types.Length)];
            var value = random.Next(3) == 0 ? null : new object();
            _connection.Features[type] = value;
            model[type] = value;
            foreach (var other in Types) Assert.Same(model[other], _connection.Features[other]);
            Assert.Equal(model.Count(), _connection.Features.Count());
        }
    }

    [Fact]
    public void The_connection_is_its_own_features()
    {
        Assert.Same(_connection, _connection.Features.Get<IConnectionIdFeature>());
        Assert.Same(_connection, _connection.Features.Get<IConnectionEndPointFeature>());
        Assert.Null(_connection.Features.Get<ITlsHandshakeFeature>());
    }
}
