using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using HeartbeatGateway.Redis.Tests.Support;

namespace HeartbeatGateway.Redis.Tests;

public sealed class HashTagsTests
{
    // From the Redis Cluster Specification, appendix A.
    [Fact]
    public void Computes_the_hash_of_Redis_Cluster() => Assert.Equal(0x31C3, Crc16.Of("123456789"u8));

    [Fact]
    public void Gives_each_of_one_to_sixteen_masters_an_equal_share_of_the_partitions()
    {
        for (var masters = 1; masters <= RedisKeys.Partitions; masters++)
        {
            var shares = RedisKeys.Tags.CountBy(t => HashTags.SlotOf(t) * masters / HashTags.Slots).Select(c => c.Value).ToList();
            Assert.Equal(masters, shares.Count);
            Assert.InRange(shares.Max() - shares.Min(), 0, 1);
        }
    }

    [Fact]
    public void The_documented_examples_of_partitions_are_right()
    {
        var examples = Regex.Matches(ClusterDocument.Text, @"\| `(?<id>[^`]+)` \| 0x(?<crc>[0-9A-F]{4}) \| (?<p>\d+) \| `(?<key>heartbeatgateway:[^`]+)` \|", RegexOptions.NonBacktracking);
        Assert.Equal(3, examples.Count);
        foreach (var example in examples.Select(m => m.Groups))
        {
            Assert.Equal(int.Parse(example["crc"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture), Crc16.Of(Encoding.UTF8.GetBytes(example["id"].Value)));
            var partition = RedisKeys.PartitionOf(example["id"].Value);
            Assert.Equal(example["p"].Value, partition.ToString(CultureInfo.InvariantCulture));
            Assert.Equal(example["key"].Value, new RedisKeys("heartbeatgateway").Directory(partition));
        }
    }
}
