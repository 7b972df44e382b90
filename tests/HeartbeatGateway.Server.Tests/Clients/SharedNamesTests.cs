using HeartbeatGateway.Server.Clients;

namespace HeartbeatGateway.Server.Tests.Clients;

public sealed class SharedNamesTests
{
    [Fact]
    public void Equal_names_are_one_string()
    {
        var names = new SharedNames();
        var first = names.Share(new string("hbg/0.1.0"));
        Assert.Same(first, names.Share(new string("hbg/0.1.0")));
        Assert.Equal("hbg/0.1.1", names.Share("hbg/0.1.1"));
        Assert.Null(names.Share(null));
        Assert.Equal(2, names.Count);
    }

    [Fact]
    public void New_names_without_end_stay_within_the_bound_and_a_name_in_use_stays_shared()
    {
        var names = new SharedNames(capacity: 10);
        var used = names.Share("used/1");
        for (var i = 0; i < 1_000; i++)
        {
            names.Share($"new/{i}");
            Assert.InRange(names.Count, 1, 20);
            if (i % 9 == 0) Assert.Same(used, names.Share(new string("used/1")));
        }
    }
}
