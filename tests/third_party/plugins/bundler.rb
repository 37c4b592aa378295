# In the place of Bundler: the gems are Debian's, and on the path already.
module Bundler
  def self.require(*) = Kernel.require("rabbitmq/http/client")
  def self.setup(*) = nil
end
